/** Whether a server is up, and whether one that is up still gets on with its work. */
import type { Address } from "./launcher.js";
import { parseMetrics, type ServerMetrics } from "./metrics.js";

const timeoutMs = 5_000;
/** A machine that swaps or loads can miss some answers. */
const mostSilences = 6;

export interface Answer {
  status: number;
  ok: boolean;
  text: string;
}

/** @returns whether `/health` says 200 within five seconds */
export async function isHealthy({ origin, key }: Address, signal?: AbortSignal): Promise<boolean> {
  return (await ask(`${origin}/health`, key, signal))?.ok === true;
}

/** @returns undefined when nothing answers in time, or the answer breaks off */
export async function ask(url: string, key: string, signal?: AbortSignal): Promise<Answer | undefined> {
  try {
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key}` },
      redirect: "error",
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    // Read whatever it is: a body that nobody reads keeps its connection.
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch {
    return undefined;
  }
}

/** Looks at a server again and again, and tells when it has to be given up. */
export class Stall {
  private progress = -1;
  private since = Date.now();
  private silences = 0;

  /** @param stallMs without a token while requests are running */
  constructor(
    private readonly address: Address,
    private readonly stallMs: number,
  ) {}

  /** @returns why it has to be given up; undefined while it is well */
  async look(): Promise<string | undefined> {
    const { origin, key } = this.address;
    const health = await ask(`${origin}/health`, key);
    if (health?.status === 503) return "its engine is dead (/health says 503)";
    this.silences = health === undefined ? this.silences + 1 : 0;
    if (this.silences >= mostSilences) return "it does not answer any more";
    // /health says 200 even while the engine hangs: only the count of tokens tells.
    const answer = await ask(`${origin}/metrics`, key);
    const metrics = answer === undefined ? undefined : parseMetrics(answer.text);
    if (metrics !== undefined && this.getsOn(metrics)) {
      this.progress = progressOf(metrics);
      this.since = Date.now();
    } else if (Date.now() - this.since > this.stallMs) {
      const seconds = Math.round(this.stallMs / 1000);
      return metrics === undefined
        ? `it has told nothing of its work for ${seconds} seconds`
        : `it has ${metrics.running} requests and made no token for ${seconds} seconds`;
    }
    return undefined;
  }

  private getsOn(metrics: ServerMetrics): boolean {
    return metrics.running === 0 || progressOf(metrics) !== this.progress;
  }
}

/** llama.cpp's server counts tokens when a request is over, but steps at once. */
function progressOf({ promptTokens, generatedTokens, steps }: ServerMetrics): number {
  return promptTokens + generatedTokens + steps;
}
