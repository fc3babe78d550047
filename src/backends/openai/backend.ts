/** Any servers that speak OpenAI's chat completions, at the addresses the user named. */
import { ConfigError } from "../../errors.js";
import {
  AbortedError,
  type Backend,
  type BackendLimits,
  BackendStartError,
  type BackendStats,
  type ChatMessage,
  type GenerateOptions,
  type GenerateRequest,
  type GenerateResult,
  type ModelIdentity,
} from "../backend.js";
import { Endpoint } from "./endpoint.js";
import { type EndpointOptions, type OpenAIOptions, type Settings, settingsOf } from "./options.js";
import { Pool } from "./pool.js";
import { modeInWords } from "./schema-mode.js";
import { kindNames } from "./server-facts.js";
import { seesImages } from "./sight.js";
import { TokenCounter } from "./tokens.js";

export type { EndpointOptions, OpenAIOptions } from "./options.js";
export { Endpoint } from "./endpoint.js";

export interface OpenAIStats extends BackendStats {
  /** Requests sent again, by why. */
  retries: Readonly<Record<string, number>>;
}

/** Where a server does not say how much context its model has. */
const assumedContextTokens = 8192;

export class OpenAIBackend implements Backend {
  readonly limits: BackendLimits;
  readonly stats: OpenAIStats;
  private readonly counter: TokenCounter;

  private constructor(
    readonly model: ModelIdentity,
    /** The servers, for whoever runs them: `down`, `up` and `lost` tell what has become of one. */
    readonly endpoints: readonly Endpoint[],
    private readonly pool: Pool,
    private readonly settings: Settings,
  ) {
    this.counter = new TokenCounter(pool, settings);
    const known = () => endpoints.flatMap(({ facts }) => facts ?? []);
    // Servers come and go and learn, so these may change while the backend is open.
    this.limits = {
      get contextTokens() {
        return Math.min(...known().map(({ context }) => context?.tokens ?? assumedContextTokens));
      },
      get concurrentRequests() {
        return endpoints.reduce((sum, { limit }) => sum + (limit?.value ?? 0), 0);
      },
      get images() {
        return known().every(({ images }) => images);
      },
    };
    this.stats = {
      get restarts() {
        return endpoints.reduce((sum, endpoint) => sum + endpoint.restarts, 0);
      },
      retries: pool.retries,
    };
  }

  /**
   * Opens the servers; one that answers is enough, the others are looked after in the background.
   * @throws {BackendStartError} when none can be reached, or refuses the key or does not have the model
   * @throws {ConfigError} when an address is none
   */
  static async open(options: OpenAIOptions): Promise<OpenAIBackend> {
    const settings = settingsOf(options);
    const endpoints = endpointsOf(options).map((endpoint) => new Endpoint(endpoint, settings));
    const [first] = endpoints;
    if (first === undefined)
      throw new ConfigError(`${options.provider}.api_base is empty`, { remedy: "give the server's address" });
    const outcomes = await Promise.allSettled(endpoints.map((endpoint) => endpoint.connect()));
    const model = endpoints.find((endpoint) => endpoint.isUp)?.facts?.model;
    if (model === undefined) {
      for (const endpoint of endpoints) endpoint.close();
      throw startError(outcomes);
    }
    outcomes.forEach((outcome, index) => {
      if (outcome.status === "fulfilled") return;
      const { message } = outcome.reason as Error;
      endpoints[index]!.startDown(outcome.reason);
      settings.onNotice(`${message}; the others go on, and it is tried again`);
    });
    const fingerprint = options.fingerprint ?? `${first.connection.address.base} ${model}`;
    return new OpenAIBackend({ name: model, fingerprint }, endpoints, new Pool(endpoints, settings), settings);
  }

  get description(): readonly string[] {
    return this.endpoints.flatMap((endpoint) => this.describe(endpoint));
  }

  countTokens(texts: readonly string[]): Promise<number[]> {
    return this.counter.count(texts);
  }

  countMessageTokens(messages: readonly ChatMessage[]): Promise<number> {
    return this.counter.countMessages(messages);
  }

  /** Servers that do not say are shown a small picture. */
  async seesImages(): Promise<boolean> {
    const up = this.endpoints.filter((endpoint) => endpoint.isUp);
    const answers = await Promise.all(up.map((endpoint) => seesImages(endpoint)));
    return answers.length > 0 && answers.every(Boolean);
  }

  generate(request: GenerateRequest, options: GenerateOptions = {}): Promise<GenerateResult> {
    return this.pool.run(request, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.pool.end(new AbortedError("the backend is closed"));
    return Promise.resolve();
  }

  private describe({ facts, limit, schema, connection, reason }: Endpoint): string[] {
    const { provider, schemaMode } = this.settings;
    const { base } = connection.address;
    if (facts === undefined || limit === undefined) return [`${provider}: ${base} is down: ${reason}`];
    const { kind, version, context, slots, tokenizer } = facts;
    const mode =
      schema.mode === undefined ? "what the server enforces is asked at first use" : modeInWords[schema.mode];
    return [
      `${provider}: ${facts.model} at ${base}, ${kindNames[kind]}${version === undefined ? "" : ` ${version}`}`,
      `context ${context?.tokens ?? assumedContextTokens} tokens: ${context?.source ?? "assumed, the server does not say"}`,
      `schemas: ${mode}${schemaMode === "auto" ? "" : ", as set"}`,
      `requests at once: ${limit.value}${slots === undefined ? ", more or fewer as throughput shows" : `, for ${slots} slots`}`,
      tokenizer === undefined
        ? "token counts are estimated from above: the server does not share its tokenizer"
        : "tokens are counted by the server",
    ];
  }
}

function endpointsOf({ endpoints, apiBase, apiKey }: OpenAIOptions): readonly EndpointOptions[] {
  if (endpoints !== undefined && endpoints.length > 0) return endpoints;
  return apiBase === undefined ? [] : [{ apiBase, apiKey: apiKey ?? "" }];
}

/** The reasons of all servers in one error. */
function startError(outcomes: readonly PromiseSettledResult<void>[]): Error {
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
  const [first] = errors;
  if (errors.length === 1 || !(first instanceof BackendStartError)) return first ?? new BackendStartError("no server");
  return new BackendStartError(errors.map((error) => error.message).join("; "), {
    ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
    cause: first,
  });
}
