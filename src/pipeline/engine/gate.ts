/** Lets a bounded number of tasks run at once; the next starts the moment one ends. Higher priority first, then order of arrival. */
export class Gate {
  private running = 0;
  private readonly waiting = new Map<number, (() => void)[]>();

  constructor(private readonly limit: number) {}

  async run<T>(task: () => Promise<T>, priority = 0): Promise<T> {
    if (this.running >= this.limit) {
      await new Promise<void>((resolve) => {
        const queue = this.waiting.get(priority);
        if (queue === undefined) this.waiting.set(priority, [resolve]);
        else queue.push(resolve);
      });
    } else this.running++;
    try {
      return await task();
    } finally {
      const next = this.takeNext();
      // The place is handed over, so nothing can slip in between.
      if (next === undefined) this.running--;
      else next();
    }
  }

  private takeNext(): (() => void) | undefined {
    const priorities = [...this.waiting.keys()].sort((a, b) => b - a);
    for (const priority of priorities) {
      const queue = this.waiting.get(priority)!;
      const next = queue.shift();
      if (queue.length === 0) this.waiting.delete(priority);
      if (next !== undefined) return next;
    }
    return undefined;
  }
}
