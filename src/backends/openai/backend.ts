/** Any server that speaks OpenAI's chat completions, at the address the user named. */
import OpenAI from "openai";
import {
  AbortedError,
  type Backend,
  type BackendLimits,
  BackendLostError,
  BackendStartError,
  type BackendStats,
  type ChatMessage,
  ContextOverflowError,
  type GenerateOptions,
  type GenerateRequest,
  type GenerateResult,
  type JsonSchema,
  type ModelIdentity,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import { messageOf } from "../../errors.js";

export interface OpenAIOptions {
  /** The section of the configuration, for messages. */
  provider: string;
  apiBase: string;
  /** Sent to `apiBase` only; never in messages or records. */
  apiKey: string;
  /** Empty: the first model the server lists. */
  model: string;
  /** Times a request is sent again at once, on top of what the engine does. */
  maxRetries: number;
  retryDelayMs: number;
}

const startTimeoutMs = 10_000;
/** Where a server does not say how much context its model has. */
const assumedContextTokens = 8192;
/** Enough for a server that batches; one that does not lets them wait. */
const concurrentRequests = 16;
/** Servers have no common way to count tokens; languages take from two to five bytes per token, so this errs upwards. */
const bytesPerToken = 3;
const tokensPerMessage = 8;

export class OpenAIBackend implements Backend {
  readonly stats: BackendStats = { restarts: 0 };

  private constructor(
    private readonly client: OpenAI,
    readonly model: ModelIdentity,
    readonly limits: BackendLimits,
    readonly description: readonly string[],
    private readonly options: OpenAIOptions,
  ) {}

  /** @throws {BackendStartError} when the server cannot be reached, refuses the key or does not know the model */
  static async open(options: OpenAIOptions): Promise<OpenAIBackend> {
    const { provider, apiBase, apiKey } = options;
    const client = new OpenAI({ baseURL: apiBase, apiKey: apiKey === "" ? "none" : apiKey, maxRetries: 0 });
    let models: { id: string; max_model_len?: number }[];
    try {
      models = (await client.models.list({ timeout: startTimeoutMs })).data;
    } catch (error) {
      throw new BackendStartError(`${provider}: the server at ${apiBase} does not answer: ${messageOf(error)}`, {
        remedy: `start it, or set ${provider}.api_base and ${provider}.api_key`,
        cause: error,
      });
    }
    const name = options.model === "" ? models[0]?.id : options.model;
    const known = models.find((model) => model.id === name);
    if (name === undefined || (models.length > 0 && known === undefined))
      throw new BackendStartError(
        `${provider}: the server at ${apiBase} does not have the model "${name ?? ""}"; it has ${models.map((model) => model.id).join(", ")}`,
        { remedy: `choose one with -m or ${provider}.model` },
      );
    const contextTokens = known?.max_model_len ?? assumedContextTokens;
    return new OpenAIBackend(
      client,
      { name, fingerprint: `${apiBase} ${name}` },
      { contextTokens, concurrentRequests, images: false },
      [
        `${provider}: ${name} at ${apiBase}`,
        `context ${contextTokens} tokens: ${known?.max_model_len === undefined ? "assumed, the server does not say" : "the server says so"}`,
        "token counts are estimated from above: the server does not share its tokenizer",
      ],
      options,
    );
  }

  countTokens(texts: readonly string[]): Promise<number[]> {
    return Promise.resolve(texts.map((text) => Math.ceil(Buffer.byteLength(text) / bytesPerToken)));
  }

  async countMessageTokens(messages: readonly ChatMessage[]): Promise<number> {
    const counts = await this.countTokens(messages.map((message) => message.content));
    return counts.reduce((sum, count) => sum + count + tokensPerMessage, tokensPerMessage);
  }

  async generate(request: GenerateRequest, { signal, onDelta }: GenerateOptions = {}): Promise<GenerateResult> {
    const { schema, sampling, maxTokens } = request;
    const wrapped = schema === undefined ? undefined : asObject(schema);
    // The library leaves a listener on each signal it is given; the caller's lives as long as the whole run.
    const own = new AbortController();
    const abort = () => own.abort();
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) own.abort();
    try {
      const completion = await this.client.chat.completions.create(
        {
          model: this.model.name,
          messages: request.messages.map(({ role, content }) => ({ role, content })),
          max_tokens: maxTokens,
          temperature: sampling.temperature,
          top_p: sampling.topP,
          // Servers differ in the width of a seed; all take 31 bits.
          seed: sampling.seed >>> 1,
          ...(wrapped === undefined
            ? {}
            : {
                response_format: {
                  type: "json_schema" as const,
                  json_schema: { name: "answer", strict: true, schema: wrapped.schema },
                },
              }),
        },
        { maxRetries: this.options.maxRetries, signal: own.signal },
      );
      const [choice] = completion.choices;
      if (choice === undefined) throw new TransientError("the server's reply has no choices");
      const content = choice.message.content ?? "";
      const text = wrapped?.isWrapped === true ? unwrap(content) : content;
      onDelta?.(text);
      return {
        text,
        finishReason: choice.finish_reason === "length" ? "length" : "stop",
        usage: {
          promptTokens: completion.usage?.prompt_tokens ?? 0,
          cachedTokens: completion.usage?.prompt_tokens_details?.cached_tokens ?? 0,
          completionTokens: completion.usage?.completion_tokens ?? 0,
        },
      };
    } catch (error) {
      throw this.asBackendError(error, request, signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }

  private asBackendError(error: unknown, request: GenerateRequest, signal: AbortSignal | undefined): Error {
    if (signal?.aborted || error instanceof OpenAI.APIUserAbortError) return new AbortedError();
    if (!(error instanceof OpenAI.APIError)) return error instanceof Error ? error : new Error(String(error));
    const { status } = error as { status: number | undefined };
    const what = `the server answers ${status ?? "nothing"}: ${error.message}`;
    if (status === 401 || status === 403 || status === 404)
      return new BackendLostError(what, { remedy: "check the key and the model's name", cause: error });
    if (status === 400 && /context|too long|maximum.*tokens/i.test(error.message))
      return new ContextOverflowError(0, request.maxTokens, this.limits.contextTokens, { cause: error });
    if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429)
      return new RequestRefusedError(what, { cause: error });
    const retryAfter = Number((error.headers as Headers | undefined)?.get("retry-after"));
    return new TransientError(what, retryAfter > 0 ? retryAfter * 1000 : this.options.retryDelayMs, { cause: error });
  }
}

const wrapper = "items";

/** Servers take objects only at the root of a schema; anything else is put into one. */
function asObject(schema: JsonSchema): { schema: Record<string, unknown>; isWrapped: boolean } {
  if (typeof schema === "object" && schema["type"] === "object") return { schema: { ...schema }, isWrapped: false };
  return {
    schema: { type: "object", properties: { [wrapper]: schema }, required: [wrapper], additionalProperties: false },
    isWrapped: true,
  };
}

/** Takes the value out again; a text that was cut off loses only its beginning. */
function unwrap(text: string): string {
  try {
    return JSON.stringify((JSON.parse(text) as Record<string, unknown>)[wrapper]);
  } catch {
    return text.replace(/^\s*\{\s*"items"\s*:\s*/, "");
  }
}
