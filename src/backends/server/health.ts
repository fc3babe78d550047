/** Whether a server is up, and whether one that is up still gets on with its work. */
import { parseMetrics } from "./metrics.js";
import type { Address } from "./launcher.js";

const timeoutMs = 5_000;

/** @returns whether `/health` says 200 within five seconds */
export async function isHealthy({ origin, key }: Address): Promise<boolean> {
  return (await ask(`${origin}/health`, key))?.ok === true;
}

/** @returns undefined when nothing answers in time */
export async function ask(url: string, key: string): Promise<Response | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    return await fetch(url, { headers: { authorization: `Bearer ${key}` }, redirect: "error", signal });
  } catch {
    return undefined;
  }
}

/** Looks at a server again and again, and tells when it has to be given up. */
export class Stall {
  private tokens = -1;
  private since = Date.now();
  private failures = 0;

  /** @param stallMs without a token while requests are running */
  constructor(
    private readonly address: Address,
    private readonly stallMs: number,
  ) {}

  /** @returns why it has to be given up; undefined while it is well */
  async look(): Promise<string | undefined> {
    const health = await ask(`${this.address.origin}/health`, this.address.key);
    if (health?.status === 503) return "its engine is dead (/health says 503)";
    // A machine that swaps or loads can miss one answer.
    this.failures = health === undefined ? this.failures + 1 : 0;
    if (this.failures >= 6) return "it does not answer any more";
    // /health says 200 even while the engine hangs: only the count of tokens tells.
    const metrics = parseMetrics((await (await ask(`${this.address.origin}/metrics`, this.address.key))?.text()) ?? "");
    const tokens = metrics.promptTokens + metrics.generatedTokens;
    if (metrics.running === 0 || tokens !== this.tokens) {
      this.tokens = tokens;
      this.since = Date.now();
    } else if (Date.now() - this.since > this.stallMs)
      return `it has ${metrics.running} requests and made no token for ${Math.round(this.stallMs / 1000)} seconds`;
    return undefined;
  }
}
