/** A backend that answers by a function, for tests of what stands above backends. */
import {
  AbortedError,
  type Backend,
  type GenerateOptions,
  type GenerateRequest,
  type GenerateResult,
} from "../../src/backends/backend.js";

export type Answer = (request: GenerateRequest, call: number) => string | Partial<GenerateResult> | Error;

export class FakeBackend implements Backend {
  readonly model = { name: "fake", fingerprint: "fake-1" };
  readonly stats = { restarts: 0 };
  readonly description = ["a fake"];
  readonly requests: GenerateRequest[] = [];
  inFlight = 0;
  mostInFlight = 0;

  constructor(
    private readonly answer: Answer,
    readonly limits = { contextTokens: 2048, concurrentRequests: 4, images: false },
    private readonly delayMs = 0,
  ) {}

  countTokens(texts: readonly string[]): Promise<number[]> {
    return Promise.resolve(texts.map((text) => Math.ceil(text.length / 4)));
  }

  countMessageTokens(messages: readonly { content: string }[]): Promise<number> {
    return Promise.resolve(messages.reduce((sum, { content }) => sum + 4 + Math.ceil(content.length / 4), 0));
  }

  async generate(request: GenerateRequest, { signal }: GenerateOptions = {}): Promise<GenerateResult> {
    const call = this.requests.push(request) - 1;
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, this.delayMs);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(new AbortedError());
        });
      });
      const answer = this.answer(request, call);
      if (answer instanceof Error) throw answer;
      const given = typeof answer === "string" ? { text: answer } : answer;
      return {
        text: "",
        finishReason: "stop",
        usage: { promptTokens: 10, cachedTokens: 2, completionTokens: 5 },
        ...given,
      };
    } finally {
      this.inFlight--;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
