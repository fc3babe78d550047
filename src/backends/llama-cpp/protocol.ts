/** The messages between quern and the child process that hosts the model. Both ends are ours, so they are not parsed. */
import type { ChatMessage, GenerateResult, Sampling } from "../backend.js";
import type { ModelFacts } from "../../models/facts.js";

/** How the model and its context are set up; every number is decided by the plan. */
export interface LoadSettings {
  modelPath: string;
  /** `false`: CPU only. `auto` takes what llama.cpp finds. */
  gpu: "auto" | "cuda" | "vulkan" | "metal" | false;
  gpuLayers: "auto" | "max" | number;
  /** Tokens per sequence, prompt and answer together. */
  contextTokens: number;
  /** Requests decoded together. */
  sequences: number;
  /** Most tokens evaluated in one step. */
  batchSize: number;
  threads: number;
  /**
   * Contexts among which sequences and threads are divided evenly; they decode side by side.
   */
  contexts: number;
  /** How keys and values are kept. */
  cacheType: "f16" | "q8_0";
}

export interface WireRequest {
  id: number;
  messages: readonly ChatMessage[];
  /** GBNF, compiled from the schema by the parent. */
  grammar?: string;
  maxTokens: number;
  sampling: Sampling;
  /** Whether pieces of text are sent as they come. */
  stream: boolean;
}

export type ToWorker =
  | { type: "describe"; modelPath: string; gpu: LoadSettings["gpu"]; maxThreads: number }
  | { type: "load"; settings: LoadSettings }
  | { type: "generate"; request: WireRequest }
  | { type: "abort"; id: number }
  | { type: "count"; id: number; texts: readonly string[] }
  | { type: "count-messages"; id: number; messages: readonly ChatMessage[] };

/** What kind of error the parent should make of a failure in the child. */
export type FailureKind = "out-of-memory" | "overflow" | "refused" | "start" | "transient" | "aborted";

export interface Failure {
  kind: FailureKind;
  message: string;
  remedy?: string;
  /** Only for `overflow`. */
  promptTokens?: number;
}

/** What the process can compute on, as llama.cpp tells once it is open. */
export interface DeviceFacts {
  /** `cpu`, `cuda`, `vulkan` or `metal`. */
  device: "cpu" | "cuda" | "vulkan" | "metal";
  /** Bytes of all its GPUs together; 0 on the CPU. */
  totalBytes: number;
  freeBytes: number;
  names: string[];
  /** Memory is the machine's own. */
  sharesMemory: boolean;
}

export interface LoadedFacts {
  /** What llama.cpp computes on: `cpu`, `cuda`, `vulkan` or `metal`. */
  device: string;
  gpuLayers: number;
  /** How messages are rendered for this model. */
  chatTemplate: string;
}

export type FromWorker =
  | { type: "described"; facts: ModelFacts; device: DeviceFacts }
  | { type: "loaded"; facts: LoadedFacts }
  | { type: "start-failed"; failure: Failure }
  | { type: "delta"; id: number; text: string }
  | { type: "done"; id: number; result: GenerateResult }
  | { type: "failed"; id: number; failure: Failure }
  | { type: "counted"; id: number; counts: number[] };
