/** How many recognisers may run beyond the first of each thread: one for each core of the process in all. */
import os from "node:os";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";

const key = "quern.ocr.slots";

/** Lets the threads that are started from now on share the cores; to be called before. */
export function shareSlots(): void {
  slots();
}

/** @returns whether a core is free; if so it is the caller's until `release` */
export function acquire(): boolean {
  const free = slots();
  if (free === undefined) return false;
  for (let count = Atomics.load(free, 0); count > 0; count = Atomics.load(free, 0)) {
    if (Atomics.compareExchange(free, 0, count, count - 1) === count) return true;
  }
  return false;
}

/** Gives back what `acquire` gave. */
export function release(): void {
  const free = slots();
  if (free !== undefined) Atomics.add(free, 0, 1);
}

/** Shared memory with the number of free cores; a thread that was given none has no more than its first recogniser. */
function slots(): Int32Array | undefined {
  const known = getEnvironmentData(key) as unknown;
  if (known instanceof SharedArrayBuffer) return new Int32Array(known);
  if (!isMainThread) return undefined;
  const buffer = new SharedArrayBuffer(4);
  const free = new Int32Array(buffer);
  Atomics.store(free, 0, Math.max(0, os.availableParallelism() - 1));
  setEnvironmentData(key, buffer);
  return free;
}
