/** What a probe has to say besides its facts: where each came from, and what could not be found out. */
import { messageOf } from "../../errors.js";

export class Notes {
  private readonly bySource = new Map<string, string>();
  private readonly sentences = new Set<string>();

  /** @param fact the fact's name, as in `memory.totalBytes` */
  source(fact: string, from: string): void {
    this.bySource.set(fact, from);
  }

  /** @param sentence what is wrong and, where there is one, a remedy */
  problem(sentence: string): void {
    this.sentences.add(sentence);
  }

  get sources(): Record<string, string> {
    return Object.fromEntries(this.bySource);
  }

  get problems(): string[] {
    return [...this.sentences];
  }

  /** What `probe` finds, or `otherwise` with a problem: no probe ends a command. */
  async guard<T>(what: string, probe: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await probe();
    } catch (error) {
      this.problem(`${what} could not be found out: ${messageOf(error)}`);
      return otherwise;
    }
  }
}
