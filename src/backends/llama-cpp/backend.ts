/**
 * llama.cpp through node-llama-cpp, in a child process: a crash of native code or a kill for memory ends the child, not
 * the pipeline. The child is started again and what was in flight is sent again, with the same seeds.
 */
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
  OutOfMemoryError,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import type { GpuFacts, MachineFacts } from "../../hw/facts.js";
import { formatBytes } from "../../hw/memory.js";
import { expectedContexts, type LlamaCppPlan, planLlamaCpp, type PlanRequest } from "../../hw/plan/index.js";
import type { ModelFacts } from "../../models/facts.js";
import { findModel, fingerprintFile } from "../../models/find.js";
import { stat } from "node:fs/promises";
import { schemaToGbnf } from "./gbnf/index.js";
import { HostProcess } from "./host-process.js";
import type { DeviceFacts, Failure, FromWorker, LoadedFacts, LoadSettings, ToWorker, WireRequest } from "./protocol.js";

export interface LlamaCppOptions {
  /** `embedded`, the path of a GGUF file, or the name of a stored model. */
  model: string;
  machine: MachineFacts;
  request: PlanRequest;
  /** Added to the description: why this model, where its settings come from. */
  notes?: readonly string[];
  /** Times in a row the process may die without having finished a request. */
  maxRestarts: number;
  /** Told of what people should know at once: a death, a restart. */
  onNotice?: (text: string) => void;
}

interface Pending {
  message: Extract<ToWorker, { id: number } | { type: "generate" }>;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  /** For streamed requests: characters handed on already, left out when the request is sent again. */
  deltas?: { onDelta: (text: string) => void; handedOn: number; received: number };
}

export class LlamaCppBackend implements Backend {
  readonly model: ModelIdentity;
  readonly stats: BackendStats = { restarts: 0 };
  readonly description: readonly string[];
  private readonly pending = new Map<number, Pending>();
  private readonly grammars = new WeakMap<object, string>();
  private nextId = 0;
  private deathsInARow = 0;
  /** False while the process is being started again; what is asked meanwhile is sent once it is ready. */
  private ready = true;
  /** Set once the backend is lost or closed; every request is then refused with it. */
  private end: Error | undefined;

  private constructor(
    private host: HostProcess,
    private readonly settings: LoadSettings,
    private readonly options: LlamaCppOptions,
    identity: ModelIdentity,
    description: readonly string[],
  ) {
    this.model = identity;
    this.description = description;
  }

  /** Requests at once can become fewer when memory turns out too small. */
  get limits(): BackendLimits {
    const { contextTokens, sequences } = this.settings;
    // The library keeps one token of each sequence for itself.
    return { contextTokens: contextTokens - 1, concurrentRequests: sequences, images: false };
  }

  /**
   * Looks at the machine and the model, sizes the context, and loads the model in a child process.
   * @throws {BackendStartError} when the model or llama.cpp cannot be loaded
   * @throws {OutOfMemoryError} when not even one sequence fits
   * @throws {ConfigError} when fixed sizes cannot fit
   * @throws {InputError} when the model's file is missing
   */
  static async open(options: LlamaCppOptions): Promise<LlamaCppBackend> {
    const { machine, request } = options;
    const modelPath = await findModel(options.model);
    const fingerprint = await fingerprintFile(modelPath);
    let backend: LlamaCppBackend | undefined;
    let starting = new Starting();
    const { size } = await stat(modelPath);
    const asksForGpu = request.gpu !== false && request.gpu !== "auto";
    const decodingThreads = asksForGpu ? 1 : expectedContexts(machine, size, request);
    const host = new HostProcess(decodingThreads, {
      onMessage: (message) => (backend === undefined ? starting.onMessage(message) : backend.onMessage(message)),
      onDeath: (reason) => (backend === undefined ? starting.onDeath(reason) : backend.onDeath(reason)),
    });
    try {
      const maxThreads = request.threads === "auto" ? machine.cpu.usableCores : request.threads;
      host.send({ type: "describe", modelPath, gpu: request.gpu, maxThreads });
      const { facts, device } = await starting.answer("described");
      const sizes = planLlamaCpp(withDevice(machine, device), facts, request);
      const settings = settingsOf(modelPath, request, sizes);
      let loaded: LoadedFacts;
      for (;;) {
        starting = new Starting();
        host.send({ type: "load", settings });
        try {
          loaded = (await starting.answer("loaded")).facts;
          break;
        } catch (error) {
          if (!(error instanceof OutOfMemoryError) || !takeLess(settings, request)) throw error;
          options.onNotice?.(
            `memory does not suffice: trying ${settings.sequences} sequences of ${settings.contextTokens} tokens`,
          );
        }
      }
      const description = describe(facts, loaded, sizes, settings);
      description.push(...(options.notes ?? []));
      backend = new LlamaCppBackend(host, settings, options, { name: facts.name, fingerprint }, description);
      return backend;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  async countTokens(texts: readonly string[]): Promise<number[]> {
    if (texts.length === 0) return [];
    const id = this.nextId++;
    return await this.call<number[]>(id, { type: "count", id, texts });
  }

  async countMessageTokens(messages: readonly ChatMessage[]): Promise<number> {
    const id = this.nextId++;
    return (await this.call<number[]>(id, { type: "count-messages", id, messages }))[0]!;
  }

  async generate(request: GenerateRequest, options: GenerateOptions = {}): Promise<GenerateResult> {
    const { signal, onDelta } = options;
    if (signal?.aborted) throw new AbortedError();
    if (request.messages.some(({ images = [] }) => images.length > 0))
      throw new RequestRefusedError("llama.cpp in place takes no images", {
        remedy: "use --provider llama-server with llama-server.mmproj, or another server with a model that sees",
      });
    const id = this.nextId++;
    const wire: WireRequest = {
      id,
      messages: request.messages,
      maxTokens: request.maxTokens,
      sampling: request.sampling,
      stream: onDelta !== undefined,
      ...(request.schema === undefined ? {} : { grammar: this.grammarOf(request.schema) }),
    };
    const abort = () => this.host.send({ type: "abort", id });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await this.call<GenerateResult>(
        id,
        { type: "generate", request: wire },
        onDelta === undefined ? undefined : { onDelta, handedOn: 0, received: 0 },
      );
    } catch (error) {
      throw signal?.aborted ? new AbortedError() : error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  checkSchema(schema: JsonSchema): void {
    this.grammarOf(schema);
  }

  /** The process that hosts the model, for tests that kill it. */
  get processId(): number | undefined {
    return this.host.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end ??= new AbortedError("the backend is closed");
    await this.host.stop();
    this.rejectAll(this.end);
  }

  private call<T>(id: number, message: Pending["message"], deltas?: Pending["deltas"]): Promise<T> {
    if (this.end !== undefined) return Promise.reject(this.end);
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { message, resolve, reject, ...(deltas === undefined ? {} : { deltas }) });
      if (this.ready) this.host.send(message);
    });
  }

  private grammarOf(schema: JsonSchema): string {
    if (typeof schema === "boolean") return schemaToGbnf(schema).grammar;
    const known = this.grammars.get(schema);
    if (known !== undefined) return known;
    const { grammar } = schemaToGbnf(schema);
    this.grammars.set(schema, grammar);
    return grammar;
  }

  private onMessage(message: FromWorker): void {
    switch (message.type) {
      case "loaded":
        this.ready = true;
        this.resendAll();
        return;
      case "start-failed":
        this.onDeath(message.failure.message);
        return;
      case "described":
        return;
    }
    const pending = this.pending.get(message.id);
    if (pending === undefined) return;
    if (message.type === "delta") {
      handOn(pending, message.text);
      return;
    }
    this.pending.delete(message.id);
    if (message.type === "failed") pending.reject(errorOf(message.failure, pending, this.limits));
    else {
      this.deathsInARow = 0;
      pending.resolve((message.type === "done" ? message.result : message.counts) as never);
    }
  }

  private onDeath(reason: string): void {
    if (this.end !== undefined) return;
    this.ready = false;
    this.deathsInARow++;
    if (this.deathsInARow > this.options.maxRestarts) {
      this.end = new BackendLostError(
        `the model's process ${reason}; it died ${this.deathsInARow} times without finishing a request`,
        {
          remedy:
            "use a smaller model, context or number of sequences; what is done is kept, run the same command to go on",
        },
      );
      this.rejectAll(this.end);
      return;
    }
    this.stats.restarts++;
    // Once is an accident; twice without an answer may be memory, so the next start takes less of it.
    const halved = this.deathsInARow > 1 && halveSequences(this.settings, this.options.request);
    this.options.onNotice?.(
      `the model's process ${reason}; starting it again${halved ? ` with ${this.settings.sequences} sequences, to take less memory` : ""}, ${this.pending.size} requests will be sent again`,
    );
    const dead = this.host;
    this.host = new HostProcess(this.settings.contexts, {
      onMessage: (message) => this.onMessage(message),
      onDeath: (again) => this.onDeath(again),
    });
    this.host.send({ type: "load", settings: this.settings });
    void dead.stop();
  }

  private resendAll(): void {
    for (const { message, deltas } of this.pending.values()) {
      if (deltas !== undefined) deltas.received = 0;
      this.host.send(message);
    }
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** Waits for the answers of a process that is being set up. */
class Starting {
  private settle:
    { type: FromWorker["type"]; resolve: (message: never) => void; reject: (error: Error) => void } | undefined;

  answer<T extends FromWorker["type"]>(type: T): Promise<Extract<FromWorker, { type: T }>> {
    return new Promise((resolve, reject) => {
      this.settle = { type, resolve, reject };
    });
  }

  onMessage(message: FromWorker): void {
    if (message.type === "start-failed") {
      const { kind, message: text, remedy } = message.failure;
      const options = remedy === undefined ? {} : { remedy };
      this.settle?.reject(
        kind === "out-of-memory" ? new OutOfMemoryError(text, options) : new BackendStartError(text, options),
      );
    } else if (message.type === this.settle?.type) this.settle.resolve(message as never);
  }

  onDeath(reason: string): void {
    this.settle?.reject(
      new BackendStartError(`the model's process ${reason} while it was loading`, {
        remedy: "check that memory suffices and that the file is a complete GGUF model",
      }),
    );
  }
}

function handOn(pending: Pending, text: string): void {
  const { deltas } = pending;
  if (deltas === undefined) return;
  const fresh = text.slice(Math.max(0, deltas.handedOn - deltas.received));
  deltas.received += text.length;
  if (fresh === "" || deltas.received <= deltas.handedOn) return;
  deltas.handedOn = deltas.received;
  deltas.onDelta(fresh);
}

function errorOf(failure: Failure, pending: Pending, limits: BackendLimits): Error {
  const options = failure.remedy === undefined ? {} : { remedy: failure.remedy };
  switch (failure.kind) {
    case "out-of-memory":
      return new OutOfMemoryError(failure.message, options);
    case "overflow": {
      const maxTokens = pending.message.type === "generate" ? pending.message.request.maxTokens : 0;
      return new ContextOverflowError(failure.promptTokens ?? 0, maxTokens, limits.contextTokens);
    }
    case "refused":
      return new RequestRefusedError(failure.message, options);
    case "aborted":
      return new AbortedError();
    case "start":
    case "transient":
      return new TransientError(failure.message, undefined, options);
  }
}

/** The machine with what llama.cpp itself found to compute on, which is the last word. */
function withDevice(machine: MachineFacts, device: DeviceFacts): MachineFacts {
  const { device: name } = device;
  const known = machine.gpus.some((gpu) => fits(name, gpu));
  const found: GpuFacts = {
    index: 0,
    vendor: name === "cuda" ? "nvidia" : name === "metal" ? "apple" : "other",
    name: device.names.join(" + ") || name,
    totalBytes: device.totalBytes,
    freeBytes: device.freeBytes,
    sharesMemory: device.sharesMemory,
  };
  return {
    ...machine,
    gpus: known || name === "cpu" ? machine.gpus : [...machine.gpus, found],
    llamaCpp: { ...machine.llamaCpp, devices: name === "cpu" ? ["cpu"] : [name, "cpu"] },
  };
}

function fits(device: DeviceFacts["device"], gpu: GpuFacts): boolean {
  if (device === "cuda") return gpu.vendor === "nvidia";
  return device === "metal" ? gpu.vendor === "apple" : !gpu.sharesMemory;
}

function settingsOf(modelPath: string, request: PlanRequest, sizes: LlamaCppPlan): LoadSettings {
  return {
    modelPath,
    // A model of which no layer fits is computed on the CPU altogether. Macs have no build of llama.cpp for that alone.
    gpu: sizes.device === "cpu" && process.platform !== "darwin" ? false : request.gpu,
    gpuLayers: sizes.gpuLayers,
    contextTokens: sizes.contextTokens,
    sequences: sizes.sequences,
    batchSize: sizes.batchTokens,
    threads: sizes.threads,
    contexts: sizes.contexts,
    cacheType: sizes.cacheType === "f16" ? "f16" : "q8_0",
  };
}

/** @returns whether there was something left to give up that the user did not fix */
function takeLess(settings: LoadSettings, request: PlanRequest): boolean {
  if (halveSequences(settings, request)) return true;
  if (request.context !== "auto" || settings.contextTokens < 2048) return false;
  settings.contextTokens = Math.floor(settings.contextTokens / 2);
  return true;
}

function halveSequences(settings: LoadSettings, request: PlanRequest): boolean {
  if (settings.sequences === 1 || request.sequences !== "auto") return false;
  settings.sequences = Math.ceil(settings.sequences / 2);
  if (settings.sequences % settings.contexts !== 0) settings.contexts = 1;
  return true;
}

function describe(facts: ModelFacts, loaded: LoadedFacts, sizes: LlamaCppPlan, settings: LoadSettings): string[] {
  const { name, architecture, weightBytes, quantization } = facts;
  const device = loaded.device === "cpu" ? "CPU" : `${loaded.device}, ${loaded.gpuLayers} layers`;
  const expected = sizes.memory.reduce((sum, part) => sum + part.bytes, 0);
  const lowered =
    settings.sequences === sizes.sequences && settings.contextTokens === sizes.contextTokens
      ? []
      : [`lowered to ${settings.sequences} sequences of ${settings.contextTokens} tokens: memory did not suffice`];
  return [
    `llama.cpp on ${device}: ${name} (${architecture}, ${quantization}, ${(weightBytes / 1e6).toFixed(1)} MB)`,
    `chat template: ${loaded.chatTemplate}`,
    ...sizes.reasons,
    ...lowered,
    `expected to take ${formatBytes(expected)}`,
  ];
}
