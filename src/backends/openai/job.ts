/** A request on its way: it is settled once, whatever happens to the servers it is sent to. */
import { AbortedError, type GenerateOptions, type GenerateRequest, type GenerateResult } from "../backend.js";
import type { Endpoint } from "./endpoint.js";

export class Job {
  /** Failures of servers with this request. */
  errors = 0;
  /** Times a server had no room for it. */
  full = 0;
  /** Times a server was lost while it worked on it. */
  deaths = 0;
  /** The server that failed last; another one is tried first. */
  avoided: Endpoint | undefined;
  isSettled = false;
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Characters of the answer that the caller has. */
  private handed = 0;
  private readonly onAbort = () => this.fail(new AbortedError());

  /**
   * @param number its place in the order of arrival
   * @param onSettled called once, when it has its answer or its error
   */
  constructor(
    readonly number: number,
    readonly request: GenerateRequest,
    private readonly options: GenerateOptions,
    readonly prefixes: readonly string[],
    private readonly promise: { resolve: (result: GenerateResult) => void; reject: (error: Error) => void },
    private readonly onSettled: () => void,
  ) {
    options.signal?.addEventListener("abort", this.onAbort, { once: true });
  }

  /** It is sent; aborting it aborts this. */
  attempt(controller: AbortController): void {
    this.controller = controller;
  }

  /**
   * Passes the pieces of one attempt on. An attempt after a first one begins anew, so what the caller has is left out;
   * should the new text differ, the result is what counts. Absent where the caller wants no pieces.
   */
  handOn(): ((text: string) => void) | undefined {
    if (this.options.onDelta === undefined) return undefined;
    let position = 0;
    const { controller } = this;
    return (text) => {
      const start = Math.max(0, this.handed - position);
      position += text.length;
      if (start >= text.length || this.isSettled || controller?.signal.aborted === true) return;
      this.handed = position;
      this.options.onDelta?.(text.slice(start));
    };
  }

  later(ms: number, then: () => void): void {
    this.timer = setTimeout(then, ms);
  }

  succeed(result: GenerateResult): void {
    if (this.settle()) this.promise.resolve(result);
  }

  fail(error: Error): void {
    if (!this.settle()) return;
    this.controller?.abort(error);
    this.promise.reject(error);
  }

  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener("abort", this.onAbort);
    this.onSettled();
    return true;
  }
}
