/** The model that repairs outputs in a review: opened when it is first asked, and kept until the review ends. */
import type { Backend } from "../../../backends/backend.js";
import type { Config } from "../../../config/schema.js";
import { embeddedModelPath } from "../../../models/find.js";
import { MemoryAnswers } from "../../../pipeline/engine/journal.js";
import type { Outcome } from "../../../pipeline/engine/engine.js";
import type { KilnRun, TaskFolder } from "../../../pipeline/projects/index.js";
import { Repairer, type Suggestion } from "../../../pipeline/review/index.js";
import { openEngine } from "../../../pipeline/stages/inputs.js";

/** Said of the model that comes with quern: it shows how things go, and writes nothing worth keeping. */
export const notWorthIt =
  "This is the embedded model, which is not worth repairing with: give a model with -m or a server with --api-base.";

interface Opened {
  backend: Backend;
  repairer: Repairer;
  isEmbedded: boolean;
}

export interface Suggested {
  outcome: Outcome<Suggestion>;
  model: string;
  isEmbedded: boolean;
}

export class RepairModel implements AsyncDisposable {
  private opened: Opened | undefined;

  /** @param tell is told how the start gets on */
  constructor(
    private readonly config: Config,
    private readonly task: TaskFolder,
    private readonly tell: (text: string) => void,
  ) {}

  /**
   * @param attempt tells further tries of the same repair apart
   * @throws what keeps a model from being opened, or ends it; the next call opens it anew
   * @throws {AbortedError} when the signal aborts
   */
  async suggest(run: KilnRun, instructions: string, attempt: number, signal: AbortSignal): Promise<Suggested> {
    try {
      this.opened ??= await this.open(signal);
      const { backend, repairer, isEmbedded } = this.opened;
      this.tell(`${backend.model.name} repairs the output …`);
      const outcome = await repairer.suggest(run, instructions, { attempt, signal });
      return { outcome, model: backend.model.name, isEmbedded };
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  private async open(signal: AbortSignal): Promise<Opened> {
    const { config, task } = this;
    this.tell("the model is being opened …");
    const { openBackend } = await import("../../../backends/open.js");
    const backend = await openBackend(config, { onNotice: this.tell, onProgress: this.tell, signal });
    try {
      signal.throwIfAborted();
      const engine = openEngine({ backend, config }, () => undefined);
      const repairer = await Repairer.prepare({
        backend,
        config,
        task,
        engine,
        answers: new MemoryAnswers(),
        warn: this.tell,
      });
      return { backend, repairer, isEmbedded: await isEmbedded(config, backend) };
    } catch (error) {
      await backend[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.backend[Symbol.asyncDispose]();
  }
}

/** Whether a backend runs the model that comes with quern. */
export async function isEmbedded({ llm }: Config, backend: Backend): Promise<boolean> {
  if (llm.provider === "api-endpoint") return false;
  const { readModelFacts } = await import("../../../models/describe.js");
  return await readModelFacts(embeddedModelPath).then(
    ({ name }) => name === backend.model.name,
    () => false,
  );
}
