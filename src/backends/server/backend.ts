/** Servers that quern runs itself, as a backend: supervisors keep them up, requests go through the pool of endpoints. */
import { QuernError } from "../../errors.js";
import { serversFolder, tellOrphans } from "./folder.js";
import type {
  Backend,
  BackendLimits,
  BackendStats,
  ChatMessage,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  ModelIdentity,
} from "../backend.js";
import { AbortedError, BackendLostError } from "../backend.js";
import { OpenAIBackend } from "../openai/backend.js";
import type { Address, Capacity, Launcher } from "./launcher.js";
import { endOrphans } from "./registry.js";
import { Supervisor } from "./supervisor.js";

export interface ManagedOptions<Settings> {
  /** The section of the configuration, for messages. */
  provider: string;
  launcher: Launcher<Settings>;
  /** One for each server. */
  servers: readonly Settings[];
  servedName: string;
  model: ModelIdentity;
  /** Tokens of a usual request, from which it follows how many a cache holds. */
  usualTokens: number;
  /** What the plan says, for people. */
  reasons: readonly string[];
  startTimeoutMs: number;
  maxRestarts: number;
  /** Port of the first server, the next ones take those above it; free ones where absent. */
  firstPort?: number;
  /** Least time between the starts of two requests to one server; 0 where absent. */
  spacingMs?: number;
  onNotice: (text: string) => void;
  onProgress: (text: string) => void;
  signal?: AbortSignal | undefined;
  /** For tests. */
  watchMs?: number;
  stallMs?: number;
}

interface Server<Settings> {
  supervisor: Supervisor<Settings>;
  address: Address;
  capacity: Capacity;
}

export class ManagedBackend<Settings> implements Backend {
  private constructor(
    private readonly inner: OpenAIBackend,
    private readonly servers: readonly Server<Settings>[],
    private readonly options: ManagedOptions<Settings>,
  ) {}

  /**
   * Starts the servers and resolves when they answer; one that does is enough.
   * @throws {BackendStartError} {OutOfMemoryError} {AbortedError} when none can be started
   */
  static async open<Settings>(options: ManagedOptions<Settings>): Promise<ManagedBackend<Settings>> {
    const { launcher, onNotice, provider, servedName, model } = options;
    const folder = serversFolder();
    tellOrphans(endOrphans(folder), onNotice);
    const hooks = options.servers.map(() => new Hooks());
    const supervisors = options.servers.map(
      (settings, index) =>
        new Supervisor({
          launcher,
          settings,
          label: index === 0 ? launcher.name : `${launcher.name}-${index + 1}`,
          stateFolder: folder,
          startTimeoutMs: options.startTimeoutMs,
          maxRestarts: options.maxRestarts,
          onNotice,
          onProgress: (text) =>
            options.onProgress(`${launcher.title}${options.servers.length > 1 ? ` (${index + 1})` : ""}: ${text}`),
          onDown: (reason) => hooks[index]!.down(reason),
          onUp: (address) => hooks[index]!.up(address),
          onLost: (error) => hooks[index]!.lost(error),
          answers: () => hooks[index]!.answers(),
          signal: options.signal,
          ...(options.firstPort === undefined ? {} : { port: options.firstPort + index }),
          ...(options.watchMs === undefined ? {} : { watchMs: options.watchMs }),
          ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
        }),
    );
    const stopAll = () => Promise.allSettled(supervisors.map((supervisor) => supervisor.stop()));
    const outcomes = await Promise.allSettled(supervisors.map((supervisor) => supervisor.start()));
    const servers = outcomes.flatMap((outcome, index) =>
      outcome.status === "fulfilled"
        ? [{ supervisor: supervisors[index]!, hooks: hooks[index]!, ...outcome.value }]
        : [],
    );
    const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
    if (servers.length === 0) {
      await stopAll();
      throw failed[0]!;
    }
    for (const error of failed)
      onNotice(`${error.message}; going on with ${servers.length} of ${supervisors.length} servers`);
    try {
      if (options.signal?.aborted === true) throw new AbortedError();
      const inner = await OpenAIBackend.open({
        provider,
        endpoints: servers.map(({ address }) => ({ apiBase: `${address.origin}/v1`, apiKey: address.key })),
        model: servedName,
        // Both enforce schemas while they decode; a server that did not would be noticed by its answers.
        schemaMode: "json_schema",
        managed: true,
        fingerprint: model.fingerprint,
        onNotice,
        ...(options.spacingMs === undefined ? {} : { spacingMs: options.spacingMs }),
        ...roomOf(servers, options),
      });
      servers.forEach((server, index) => server.hooks.attach(inner, index));
      return new ManagedBackend(inner, servers, options);
    } catch (error) {
      await stopAll();
      throw error;
    }
  }

  get model(): ModelIdentity {
    return this.options.model;
  }

  get limits(): BackendLimits {
    return this.inner.limits;
  }

  get stats(): BackendStats {
    return this.inner.stats;
  }

  get description(): readonly string[] {
    const changes = this.servers.flatMap(({ supervisor }) => supervisor.changes);
    return [
      ...this.options.reasons,
      ...this.servers.map(({ capacity, supervisor }, index) => {
        const { contextTokens, cacheTokens, sequences } = capacity;
        const holds = cacheTokens === undefined ? "" : `, a cache of ${cacheTokens} tokens`;
        return `server ${index + 1}: context ${contextTokens} tokens${holds}, ${sequences} requests at once; log ${supervisor.logFile}`;
      }),
      ...(changes.length === 0 ? [] : [`given up to make it start: ${changes.join("; ")}`]),
      ...this.inner.description,
    ];
  }

  /** Of the servers, for tests that kill them. */
  get processIds(): readonly (number | undefined)[] {
    return this.servers.map(({ supervisor }) => supervisor.processId);
  }

  /** Of their guards, for tests that kill them. */
  get guardProcessIds(): readonly (number | undefined)[] {
    return this.servers.map(({ supervisor }) => supervisor.guardProcessId);
  }

  countTokens(texts: readonly string[]): Promise<number[]> {
    return this.inner.countTokens(texts);
  }

  countMessageTokens(messages: readonly ChatMessage[]): Promise<number> {
    return this.inner.countMessageTokens(messages);
  }

  seesImages(): Promise<boolean> {
    return this.inner.seesImages();
  }

  generate(request: GenerateRequest, options: GenerateOptions = {}): Promise<GenerateResult> {
    return this.inner.generate(request, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
    await Promise.allSettled(this.servers.map(({ supervisor }) => supervisor.stop()));
  }
}

/** The pool's limits from what the servers really hold: a few more wait there, so that no place stays empty. */
function roomOf<Settings>(
  servers: readonly { capacity: Capacity }[],
  { usualTokens, launcher }: ManagedOptions<Settings>,
): { concurrency?: number; maxConcurrent?: number } {
  // llama.cpp's server tells its slots itself.
  if (launcher.name === "llama-server") return {};
  const rooms = servers.map(({ capacity: { sequences, cacheTokens } }) =>
    cacheTokens === undefined ? sequences : Math.max(1, Math.min(sequences, Math.floor(cacheTokens / usualTokens))),
  );
  const most = Math.max(...servers.map(({ capacity }) => capacity.sequences));
  return { concurrency: Math.ceil(Math.min(...rooms) * 1.2), maxConcurrent: Math.ceil(most * 1.5) };
}

/** A server that cannot be started again. */
function lostBy(error: Error): BackendLostError {
  const remedy = error instanceof QuernError && error.remedy !== undefined ? `; ${error.remedy}` : "";
  return new BackendLostError(error.message, {
    remedy: `what is done is kept, run the same command to go on${remedy}`,
    cause: error,
  });
}

/** What a supervisor says before its endpoint exists is kept until it does. */
class Hooks {
  private endpoint: OpenAIBackend["endpoints"][number] | undefined;
  private early: ((endpoint: OpenAIBackend["endpoints"][number]) => void)[] = [];

  attach(backend: OpenAIBackend, index: number): void {
    this.endpoint = backend.endpoints[index]!;
    for (const say of this.early) say(this.endpoint);
    this.early = [];
  }

  answers(): number {
    return this.endpoint?.answers ?? 0;
  }

  down(reason: string): void {
    this.say((endpoint) => endpoint.down(reason));
  }

  up({ origin }: Address): void {
    this.say((endpoint) => endpoint.up(`${origin}/v1`));
  }

  lost(error: Error): void {
    this.say((endpoint) => endpoint.lost(error instanceof BackendLostError ? error : lostBy(error)));
  }

  private say(what: (endpoint: OpenAIBackend["endpoints"][number]) => void): void {
    if (this.endpoint === undefined) this.early.push(what);
    else what(this.endpoint);
  }
}
