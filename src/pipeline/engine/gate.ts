/**
 * Lets a bounded number of tasks run at once; the next starts the moment one ends. Higher priority first, then order of
 * arrival. The bound may change while tasks run: it is asked for each time.
 */
export class Gate {
  private running = 0;
  private readonly waiting = new Map<number, (() => void)[]>();

  /** @param limit tasks that may run at once; a number below 1 counts as 1 */
  constructor(private readonly limit: () => number) {}

  async run<T>(task: () => Promise<T>, priority = 0): Promise<T> {
    const turn = new Promise<void>((resolve) => {
      const queue = this.waiting.get(priority);
      if (queue === undefined) this.waiting.set(priority, [resolve]);
      else queue.push(resolve);
    });
    this.letIn();
    await turn;
    try {
      return await task();
    } finally {
      this.running--;
      this.letIn();
    }
  }

  private letIn(): void {
    const limit = Math.max(1, this.limit());
    while (this.running < limit) {
      const next = this.takeNext();
      if (next === undefined) return;
      // Counted before it runs, so nothing can slip in between.
      this.running++;
      next();
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
