/** How one start of a server gets on. */
export class Attempt {
  /** Why it has come to nothing. */
  reason: string | undefined;
  /** Resolves when it has. */
  readonly over: Promise<void>;
  private lastSign = Date.now();
  private wake: () => void = () => undefined;

  constructor() {
    this.over = new Promise((resolve) => (this.wake = resolve));
  }

  hasEnded(): boolean {
    return this.reason !== undefined;
  }

  /** Since it last gave a sign of life. */
  get silentMs(): number {
    return Date.now() - this.lastSign;
  }

  sign(): void {
    this.lastSign = Date.now();
  }

  end(reason: string): void {
    this.reason ??= reason;
    this.wake();
  }
}
