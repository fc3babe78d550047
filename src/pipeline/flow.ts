/** Streams of work: the one way in which stages are joined. */

/**
 * Maps a stream with a bounded number of items in work at once, and gives the results in the order of the input. While
 * the first is still in work, at most `limit` items are taken from the source, so memory stays bounded.
 * @param limit a function is asked each time
 * @throws what `map` or the source throws; items in work are awaited before
 */
export async function* mapConcurrent<A, B>(
  source: AsyncIterable<A> | Iterable<A>,
  limit: number | (() => number),
  map: (item: A) => Promise<B>,
): AsyncGenerator<B, void, undefined> {
  const inWork: Promise<B>[] = [];
  try {
    for await (const item of source) {
      const result = map(item);
      // It is awaited later; until then a failure must not count as unhandled.
      result.catch(() => undefined);
      inWork.push(result);
      while (inWork.length >= (typeof limit === "number" ? limit : limit())) yield await inWork.shift()!;
    }
    while (inWork.length > 0) yield await inWork.shift()!;
  } finally {
    await Promise.allSettled(inWork);
  }
}
