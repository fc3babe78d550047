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
  try {
    let held = await nextOf(iterator);
    while (held !== undefined) {
      if (held.document.row === undefined) {
        yield { kind: "one", held };
        held = await nextOf(iterator);
      } else {
        const source = new RowsOfSource(held, iterator);
        yield { kind: "rows", first: held, rows: () => source.rows(), leave: () => source.leave() };
        held = await source.after();
      }
    }
  } finally {
    await iterator.return?.();
  }
}

/** The rows of one source, and what comes after them. */
class RowsOfSource {
  /** Read, and not taken by anybody. */
  private current: Held | undefined;
  private isLeft = false;
  private settle: { resolve: () => void; reject: (error: unknown) => void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  private readonly taken: Promise<void>;

  constructor(
    private readonly first: Held,
    private readonly iterator: AsyncIterator<Held>,
  ) {
    this.current = first;
    this.taken = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // It is awaited later; a failure before must not count as unhandled.
    this.taken.catch(() => undefined);
  }

  async *rows(): AsyncGenerator<Held, void, undefined> {
    try {
      while (!this.isLeft && this.isMine(this.current)) {
        const row = this.current;
        this.current = undefined;
        yield row;
        this.current = await nextOf(this.iterator);
      }
      this.settle.resolve();
    } catch (error) {
      this.settle.reject(error);
      throw error;
    }
  }

  leave(): void {
    this.isLeft = true;
    this.settle.resolve();
  }

  /** Waits until the rows are taken or left, passes over those that nobody took, and gives what follows them. */
  async after(): Promise<Held | undefined> {
    await this.taken;
    this.current ??= await nextOf(this.iterator);
    while (this.isMine(this.current)) {
      this.current.release();
      this.current = await nextOf(this.iterator);
    }
    return this.current;
  }

  private isMine(held: Held | undefined): held is Held {
    return held !== undefined && isSameSource(held.document, this.first.document);
  }
}

async function nextOf(iterator: AsyncIterator<Held>): Promise<Held | undefined> {
  const step = await iterator.next();
  return step.done === true ? undefined : step.value;
}

function isSameSource(a: Document, b: Document): boolean {
  return a.row !== undefined && b.row !== undefined && a.source === b.source && a.hash === b.hash;
}
