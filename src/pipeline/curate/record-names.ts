/** What a record is called when a later one repeats it: kept for every record, so as little as possible. */
import type { Candidate } from "./check.js";

/** Characters of a question that are kept. */
const shownCharacters = 60;

/** Names of records under numbers from 0. */
export class RecordNames {
  private readonly sources: string[] = [];
  private readonly positions: number[] = [];
  private readonly questions: string[] = [];

  /** Adds the next record. */
  add({ record, source, position }: Candidate): void {
    this.sources.push(source);
    this.positions.push(position);
    const cut = record.question.slice(0, shownCharacters).replace(/\s+/g, " ");
    // A slice of a string keeps the whole of it in memory; this is a string of its own.
    this.questions.push(Buffer.from(cut.length < record.question.length ? `${cut}…` : cut).toString());
  }

  /**
   * @param number of a record, in the order in which they were added
   * @returns its place in the input, from 1, the file it stands in and how its question begins
   */
  of(number: number): string {
    return `record ${this.positions[number]! + 1} in ${this.sources[number]!}: “${this.questions[number]!}”`;
  }
}
