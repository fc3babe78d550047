/** Sorts the documents of an input into those that get a file each and those that share one: the rows of a source. */
import type { Document } from "../document.js";
import type { Gate } from "../engine/gate.js";

/** A document that has its place among those in work, and gives it back when it is done with. */
export interface Held {
  document: Document;
  release: () => void;
}

export type Unit =
  | { kind: "one"; held: Held }
  | {
      kind: "rows";
      /** The first row, which is also the first of `rows`. */
      first: Held;
      /** All rows of the source, once. */
      rows: () => AsyncGenerator<Held, void, undefined>;
      /** Tells that no more rows will be asked for. */
      leave: () => void;
    };

/** Reads the next document only once there is a place for it, so that however many there are, few are in memory. */
export async function* gated(documents: AsyncIterable<Document>, slots: Gate): AsyncGenerator<Held, void, undefined> {
  const iterator = documents[Symbol.asyncIterator]();
  try {
    for (;;) {
      const release = await acquire(slots);
      let next: IteratorResult<Document>;
      try {
        next = await iterator.next();
      } catch (error) {
        release();
        throw error;
      }
      if (next.done === true) {
        release();
        return;
      }
      yield { document: next.value, release };
    }
  } finally {
    await iterator.return?.();
  }
}

function acquire(slots: Gate): Promise<() => void> {
  return new Promise((resolve) => {
    void slots.run(() => new Promise<void>((release) => resolve(release)));
  });
}

/**
 * Documents without a row are units of their own; rows that follow each other and have one source are one unit. The next
 * unit is given once the rows of the one before are taken, or left.
 */
export async function* unitsOf(documents: AsyncIterable<Held>): AsyncGenerator<Unit, void, undefined> {
  const iterator = documents[Symbol.asyncIterator]();
  const next = async () => {
    const step = await iterator.next();
    return step.done === true ? undefined : step.value;
  };
  try {
    let held = await next();
    while (held !== undefined) {
      if (held.document.row === undefined) {
        yield { kind: "one", held };
        held = await next();
        continue;
      }
      const first: Held = held;
      let after: Held | undefined;
      let isTaken: () => void = () => undefined;
      let failed: (error: unknown) => void = () => undefined;
      const taken = new Promise<void>((resolve, reject) => ([isTaken, failed] = [resolve, reject]));
      // It is awaited below; a failure before must not count as unhandled.
      taken.catch(() => undefined);
      let isLeft = false;
      let current: Held | undefined = first;
      const rows = async function* () {
        try {
          while (current !== undefined && !isLeft && isSameSource(current.document, first.document)) {
            const row: Held = current;
            current = undefined;
            yield row;
            current = await next();
          }
          isTaken();
        } catch (error) {
          failed(error);
          throw error;
        }
      };
      const leave = () => {
        isLeft = true;
        isTaken();
      };
      yield { kind: "rows", first, rows, leave };
      await taken;
      // Rows that nobody took are passed over.
      after = current ?? (isLeft ? await next() : undefined);
      while (isLeft && after !== undefined && isSameSource(after.document, first.document)) {
        after.release();
        after = await next();
      }
      held = after;
    }
  } finally {
    await iterator.return?.();
  }
}

function isSameSource(a: Document, b: Document): boolean {
  return a.row !== undefined && b.row !== undefined && a.source === b.source && a.hash === b.hash;
}
