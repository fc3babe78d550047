/** A queue between one that makes things at its own pace and one that takes them. */
export class Channel<T> implements AsyncIterable<T> {
  private readonly queue: T[] = [];
  private closed = false;
  private wake: () => void = () => undefined;

  /** Puts something in; nothing happens when the channel is closed. */
  push(item: T): void {
    if (this.closed) return;
    this.queue.push(item);
    this.wake();
  }

  /** Lets the taker finish with what is there. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  /** What is put in, in order, until the channel is closed and empty. For one taker. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const waited = new Promise<void>((resolve) => (this.wake = resolve));
      while (this.queue.length > 0) yield this.queue.shift()!;
      if (this.closed) return;
      await waited;
    }
  }
}
