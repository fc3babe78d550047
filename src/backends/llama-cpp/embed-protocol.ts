/** The messages between quern and the child process that hosts an embedding model. Both ends are ours. */
import type { Failure, LoadSettings } from "./protocol.js";

export type ToEmbedWorker =
  | { type: "load"; modelPath: string; gpu: LoadSettings["gpu"] }
  | { type: "embed"; id: number; texts: readonly string[] };

export type FromEmbedWorker =
  | { type: "loaded"; dimensions: number; contextTokens: number }
  | { type: "start-failed"; failure: Failure }
  /** `vectors`: all numbers of all texts one after the other, as base64 of 32-bit floats. `cut`: texts too long. */
  | { type: "embedded"; id: number; vectors: string; cut: number }
  | { type: "failed"; id: number; message: string };
