/** The model of the server: opened when a job first needs it, and closed when it has not been needed for a while. */
import type { Backend } from "../backends/backend.js";
import { openBackend } from "../backends/open.js";
import type { Config } from "../config/schema.js";

/** How long a model that nobody needs stays in memory. */
const idleMs = 10 * 60_000;

export class ModelHolder implements AsyncDisposable {
  private opened: Promise<Backend> | undefined;
  private users = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly onNotice: (text: string) => void,
    /** Opens the model; the one that the configuration names where absent. */
    private readonly open: (config: Config) => Promise<Backend> = (one) =>
      openBackend(one, { onNotice: this.onNotice }),
  ) {}

  /** @throws what opening a model throws; the next job tries again */
  async use<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.users++;
    try {
      this.opened ??= this.open(this.config);
      let backend: Backend;
      try {
        backend = await this.opened;
      } catch (error) {
        this.opened = undefined;
        throw error;
      }
      return await work(backend);
    } finally {
      this.users--;
      if (this.users === 0) {
        this.timer = setTimeout(() => void this.close(), idleMs);
        this.timer.unref();
      }
    }
  }

  /** Lets a model go that has failed, so that the next job opens it anew. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.then(
      (backend) => backend[Symbol.asyncDispose](),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.timer);
    await this.close();
  }
}
