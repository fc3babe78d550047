/** What one server does with schemas: found out once by asking, and doubted again when its answers do not fit. */
import { RequestRefusedError } from "../backend.js";
import type { Endpoint } from "./endpoint.js";
import { failureOf, underlying } from "./failures.js";
import type { Settings } from "./options.js";
import { ErrorInReply, StrangeReply } from "./reply.js";
import { chatBody } from "./request-body.js";
import { modeInWords, probes, type SchemaMode, weaker } from "./schema-mode.js";
import { StatusError } from "./wire.js";

/** Answers in a row that are not JSON before a server is no longer believed. */
const maxStrikes = 3;
/** An enforced answer takes 32; a model that thinks first takes more. */
const probeTokens = [32, 1024];

export class SchemaSupport {
  /** What is known so far. */
  mode: SchemaMode | undefined;
  private finding: Promise<SchemaMode> | undefined;
  private strikes = 0;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly settings: Settings,
  ) {
    this.forget();
  }

  /** Asks anew at the next use: another kind of server answers at this address. */
  forget(): void {
    this.mode = this.settings.schemaMode === "auto" ? undefined : this.settings.schemaMode;
    this.finding = undefined;
    this.strikes = 0;
  }

  /**
   * @param signal ends the waiting of this caller, not the question
   * @throws what asking the server threw; the next call asks again
   */
  async find(signal: AbortSignal): Promise<SchemaMode> {
    if (this.mode !== undefined) return this.mode;
    const finding = (this.finding ??= this.ask().finally(() => (this.finding = undefined)));
    return await untilAborted(finding, signal);
  }

  /** An answer that was not cut either was JSON or was not. */
  judge(isJson: boolean, mode: SchemaMode): void {
    if (mode !== this.mode) return;
    this.strikes = isJson ? 0 : this.strikes + 1;
    if (this.strikes < maxStrikes || mode === "none" || this.settings.schemaMode !== "auto") return;
    this.strikes = 0;
    this.mode = weaker[mode];
    this.notice(`${maxStrikes} answers in a row were not JSON, so schemas are now ${modeInWords[this.mode]}`);
  }

  private async ask(): Promise<SchemaMode> {
    // Belongs to the endpoint rather than to whoever came first, and ends when the endpoint goes down.
    const { controller, end } = this.endpoint.begin();
    const timer = setTimeout(
      () => controller.abort(new StrangeReply("no answer to the question for a schema in time", "")),
      this.settings.timing.schemaProbe,
    );
    try {
      for (const mode of ["json_schema", "json_object"] as const)
        if (await this.works(mode, controller.signal)) return this.found(mode);
      return this.found("none");
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  private found(mode: SchemaMode): SchemaMode {
    this.mode = mode;
    if (mode !== "json_schema") this.notice(`it does not enforce schemas, so they are ${modeInWords[mode]}`);
    return mode;
  }

  private async works(mode: "json_schema" | "json_object", signal: AbortSignal): Promise<boolean> {
    const { connection, facts, unsupported } = this.endpoint;
    const { messages, responseFormat, works } = probes[mode];
    let failures = 0;
    for (let step = 0; step < probeTokens.length;) {
      const without = new Set(unsupported);
      const maxTokens = probeTokens[step]!;
      const sampling = { temperature: 0, topP: 1, seed: 0 };
      const parts = { model: facts?.model ?? "", messages, maxTokens, sampling, responseFormat, stream: true };
      try {
        const reply = await connection.chat(chatBody(parts, facts?.kind ?? "unknown", without), signal);
        this.endpoint.answered();
        if (works(reply.content)) return true;
        if (reply.content.trim() !== "" || reply.finishReason !== "length") return false;
        step++;
      } catch (error) {
        const { secrets } = connection.address;
        const context = {
          secrets,
          server: this.endpoint.name,
          models: [],
          maxTokens,
          contextTokens: 0,
          now: Date.now(),
        };
        const failure = failureOf(error, context);
        if (failure.kind === "unsupported" && !without.has(failure.parameter)) unsupported.add(failure.parameter);
        else if (failure.kind === "unsupported") return false;
        else if (failure.kind === "final" && failure.error instanceof RequestRefusedError) return false;
        // Some servers stumble over what they do not know; twice is no accident.
        else if (failure.kind === "again" && isServersOwn(error)) {
          if (++failures === 2) return false;
        } else throw error;
      }
    }
    return false;
  }

  private notice(text: string): void {
    this.settings.onNotice(`${this.settings.provider}: ${this.endpoint.name}: ${text}`);
  }
}

function isServersOwn(error: unknown): boolean {
  const cause = underlying(error);
  return cause instanceof StatusError || cause instanceof ErrorInReply;
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  // Whichever loses must not count as unhandled.
  aborted.catch(() => undefined);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
