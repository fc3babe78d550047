/** Vectors from a GGUF model through node-llama-cpp, in a child process that is started again when it dies. */
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { execaNode } from "execa";
import { findModel, fingerprintFile } from "../../models/find.js";
import { AbortedError, BackendLostError, BackendStartError, type ModelIdentity, TransientError } from "../backend.js";
import { type Embedder, normalised } from "../embedder.js";
import type { FromEmbedWorker, ToEmbedWorker } from "./embed-protocol.js";
import type { LoadSettings } from "./protocol.js";

export interface LlamaCppEmbedderOptions {
  /** The path of a GGUF file, or the name of a stored model. */
  model: string;
  gpu: LoadSettings["gpu"] | "off";
  onNotice?: (text: string) => void;
  /** The child's file, for tests that run from source. */
  worker?: string;
}

const workerPath = fileURLToPath(new URL("./worker/embed-main.js", import.meta.url));
/** Times in a row that the process may die without having finished anything. */
const mostRestarts = 3;
/** Texts sent at once: an answer of 32 vectors is some hundred kilobytes. */
const batchSize = 32;

interface Pending {
  message: Extract<ToEmbedWorker, { type: "embed" }>;
  resolve: (vectors: Float32Array[]) => void;
  reject: (error: Error) => void;
}

export class LlamaCppEmbedder implements Embedder {
  cut = 0;
  private child: ReturnType<typeof startWorker>;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private deathsInARow = 0;
  private end: Error | undefined;
  private ready = false;
  private sizes = { dimensions: 0, contextTokens: 0 };
  private starting: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(
    readonly model: ModelIdentity,
    private readonly load: Extract<ToEmbedWorker, { type: "load" }>,
    private readonly options: LlamaCppEmbedderOptions,
  ) {
    this.child = this.start();
  }

  /**
   * Loads a model.
   * @throws {InputError} when there is no such model
   * @throws {BackendStartError} when it cannot be loaded
   */
  static async open(options: LlamaCppEmbedderOptions): Promise<LlamaCppEmbedder> {
    const modelPath = await findModel(options.model);
    if ((await stat(modelPath)).isDirectory())
      throw new BackendStartError(`${modelPath} is a folder, and embeddings are made with a GGUF file`, {
        remedy:
          "set curate.embedding.model to a GGUF file, or curate.embedding.api_base to a server that has the model",
      });
    const fingerprint = await fingerprintFile(modelPath);
    const gpu = options.gpu === "off" ? false : options.gpu;
    const identity = { name: options.model, fingerprint };
    const embedder = new LlamaCppEmbedder(identity, { type: "load", modelPath, gpu }, options);
    try {
      await new Promise<void>((resolve, reject) => (embedder.starting = { resolve, reject }));
    } catch (error) {
      await embedder[Symbol.asyncDispose]();
      throw error;
    }
    embedder.starting = undefined;
    return embedder;
  }

  get dimensions(): number {
    return this.sizes.dimensions;
  }

  /** Tokens of a text that are read, its beginning and end signs included. */
  get contextTokens(): number {
    return this.sizes.contextTokens;
  }

  /** The process that hosts the model, for tests that kill it. */
  get processId(): number | undefined {
    return this.child.pid;
  }

  async embed(
    texts: readonly string[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += batchSize) {
      if (signal?.aborted) throw new AbortedError();
      vectors.push(...(await this.call(texts.slice(at, at + batchSize))));
    }
    return vectors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end ??= new AbortedError("the embedding model is closed");
    this.child.kill("SIGKILL");
    await this.child;
    this.rejectAll(this.end);
  }

  private call(texts: readonly string[]): Promise<Float32Array[]> {
    if (this.end !== undefined) return Promise.reject(this.end);
    const id = this.nextId++;
    const message = { type: "embed" as const, id, texts };
    return new Promise((resolve, reject) => {
      this.pending.set(id, { message, resolve, reject });
      if (this.ready) this.send(message);
    });
  }

  private send(message: ToEmbedWorker): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private start(): ReturnType<typeof startWorker> {
    const child = startWorker(this.options.worker ?? workerPath);
    child.stdout.resume();
    child.stderr.resume();
    child.on("message", (message) => this.onMessage(message as FromEmbedWorker));
    void child.then(({ signal, exitCode }) => {
      if (child === this.child)
        this.onDeath(signal === undefined ? `ended with exit code ${exitCode ?? "unknown"}` : `was ended by ${signal}`);
    });
    child.send(this.load, () => undefined);
    return child;
  }

  private onMessage(message: FromEmbedWorker): void {
    switch (message.type) {
      case "loaded":
        this.sizes = message;
        this.ready = true;
        this.starting?.resolve();
        for (const { message: waiting } of this.pending.values()) this.send(waiting);
        return;
      case "start-failed": {
        const { message: said, remedy } = message.failure;
        this.fail(new BackendStartError(said, remedy === undefined ? {} : { remedy }));
        return;
      }
      case "failed":
        this.take(message.id)?.reject(new TransientError(`embedding: ${message.message}`));
        return;
      case "embedded": {
        const pending = this.take(message.id);
        if (pending === undefined) return;
        this.deathsInARow = 0;
        this.cut += message.cut;
        try {
          pending.resolve(vectorsIn(message.vectors, pending.message.texts.length));
        } catch (error) {
          pending.reject(new TransientError(`embedding: ${String(error)}`));
        }
      }
    }
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private onDeath(reason: string): void {
    if (this.end !== undefined) return;
    this.ready = false;
    if (this.starting !== undefined || ++this.deathsInARow > mostRestarts) {
      this.fail(
        new BackendLostError(`the embedding model's process ${reason}`, {
          remedy: "check that memory suffices and that the file is a complete GGUF model",
        }),
      );
      return;
    }
    this.options.onNotice?.(`the embedding model's process ${reason}; starting it again`);
    this.child = this.start();
  }

  private fail(error: Error): void {
    this.end = error;
    this.starting?.reject(error);
    this.rejectAll(error);
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** @param count texts that the vectors are of */
function vectorsIn(base64: string, count: number): Float32Array[] {
  const bytes = Buffer.from(base64, "base64");
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const dimensions = numbers.length / count;
  return Array.from({ length: count }, (_, at) => normalised(numbers.subarray(at * dimensions, (at + 1) * dimensions)));
}

function startWorker(file: string) {
  return execaNode(file, [], {
    ipc: true,
    serialization: "json",
    buffer: false,
    reject: false,
    cleanup: true,
    stdin: "ignore",
    nodeOptions: [],
  });
}
