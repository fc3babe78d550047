/** The contract of what turns texts into vectors: types and what is the same for every implementer. */
import type { ModelIdentity } from "./backend.js";

export interface Embedder extends AsyncDisposable {
  readonly model: ModelIdentity;
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** Texts so far that were longer than the model takes: only their beginning counts. */
  readonly cut: number;
  /**
   * @param texts any strings
   * @returns a vector of unit length for each, in the same order; all zeros for a text in which the model sees nothing
   * @throws {BackendError} when the model or the server cannot do it, also after trying again
   */
  embed(texts: readonly string[], options?: { signal?: AbortSignal | undefined }): Promise<Float32Array[]>;
}

/**
 * @param vector any numbers
 * @returns the vector of unit length in the same direction; zeros stay zeros
 * @throws {RangeError} when one is no number
 */
export function normalised(vector: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += vector[at]! ** 2;
  if (!Number.isFinite(squares)) throw new RangeError("a vector with a number that is none");
  const length = Math.sqrt(squares) || 1;
  return Float32Array.from(vector, (value) => value / length);
}
