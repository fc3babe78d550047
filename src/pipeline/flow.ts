/** Streams of work: the one way in which stages are joined. */

/** Finished results that may wait for one before them, as a multiple of what may be in work. */
const mostWaiting = 16;

/**
 * Maps a stream with a bounded number of items in work at once, and gives the results in the order of the input. An item
 * that takes long does not keep others from being started: results wait for it, up to `waiting` times as many as may be
 * in work, so memory stays bounded. A result is given as soon as it is there, also while the source takes its time.
 * @param limit items in work at once; a function is asked each time
 * @throws what `map` or the source throws; items in work are awaited before
 */
export async function* mapConcurrent<A, B>(
  source: AsyncIterable<A> | Iterable<A>,
  limit: number | (() => number),
  map: (item: A) => Promise<B>,
  waiting = mostWaiting,
): AsyncGenerator<B, void, undefined> {
  const most = () => Math.max(1, typeof limit === "number" ? limit : limit());
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  /** In the order of the input: in work or waiting to be given. */
  const results: Promise<B>[] = [];
  let inWork = 0;
  const state = { isOver: false };
  let wake: () => void = () => undefined;
  const start = (item: A) => {
    inWork++;
    const result = map(item);
    const settled = () => {
      inWork--;
      wake();
    };
    // It is awaited later; until then a failure must not count as unhandled.
    void result.then(settled, settled);
    results.push(result);
  };
  /** The next item, while the source has not given it yet. */
  let asked: Promise<void> | undefined;
  const isAsked = () => asked !== undefined;
  const ask = async (): Promise<void> => {
    const item = await items.next();
    if (item.done === true) state.isOver = true;
    else start(item.value);
  };
  try {
    for (;;) {
      if (!isAsked() && !state.isOver && inWork < most() && results.length < most() * waiting) {
        asked = ask().finally(() => (asked = undefined));
        asked.catch(() => undefined);
      }
      const [first] = results;
      if (first === undefined) {
        if (asked === undefined) return;
        await asked;
        continue;
      }
      const somethingEnded = new Promise<void>((resolve) => (wake = resolve));
      const isFirst = await Promise.race([
        first.then(() => true),
        somethingEnded.then(() => false),
        ...(asked === undefined ? [] : [asked.then(() => false)]),
      ]);
      if (!isFirst) continue;
      void results.shift();
      yield await first;
    }
  } finally {
    await Promise.allSettled(results);
    await items.return?.();
  }
}
