/** What is known of a dataset once its records have gone by: the facts of its card. Memory does not grow with them. */
import { z } from "zod";
import type { StoredRecord } from "../../records/read.js";
import { languageOf } from "../../text/language.js";

/** Most documents that are kept by name. */
const mostDocuments = 10_000;

/** Most records whose language is told: evenly spread over all. */
const mostSamples = 1_000;

const provenanceSchema = z.object({
  document: z.string().optional(),
  hash: z.string().optional(),
  model: z.string().optional(),
  prompt: z.string().optional(),
  /** Of a task's run, as its reviewers gave it. */
  rating: z.number().optional(),
});

export interface DocumentFacts {
  document: string;
  hash: string;
  records: number;
}

export class DatasetFacts {
  /** Records by split, in the order of the splits; of a dataset without splits the only one is `train`. */
  readonly splits = new Map<string, number>();
  /** By hash, else by path. */
  readonly documents = new Map<string, DocumentFacts>();
  /** Records of documents beyond those that are kept by name. */
  recordsOfOthers = 0;
  readonly models = new Map<string, number>();
  readonly prompts = new Map<string, number>();
  withoutProvenance = 0;
  conversations = 0;
  withReasoning = 0;
  readonly ratings = { count: 0, sum: 0 };
  /** Records that were rated in the folder of their task. */
  reviewed = 0;
  private sampled: (string | undefined)[] = [];
  private stride = 1;
  private seen = 0;

  /** @param forCard whether all is wanted; else records are only counted, which is quicker */
  constructor(
    splits: readonly string[],
    private readonly forCard: boolean,
  ) {
    for (const split of splits) this.splits.set(split, 0);
  }

  get records(): number {
    return this.seen;
  }

  async add(record: StoredRecord, split: string): Promise<void> {
    this.splits.set(split, (this.splits.get(split) ?? 0) + 1);
    if (record.turns !== undefined) this.conversations++;
    const place = this.seen++;
    if (!this.forCard) return;
    if (record.reasoning !== undefined) this.withReasoning++;
    const { rating } = record.raw;
    if (typeof rating === "number") {
      this.ratings.count++;
      this.ratings.sum += rating;
    }
    this.addProvenance(record.raw["provenance"]);
    if (place % this.stride === 0) {
      this.sampled.push(await languageOf(`${record.question}\n${record.answer}`));
      if (this.sampled.length === mostSamples) {
        // Every other is kept, and only every other of those to come is looked at.
        this.sampled = this.sampled.filter((_, i) => i % 2 === 0);
        this.stride *= 2;
      }
    }
  }

  private addProvenance(raw: unknown): void {
    const { document, hash = "", model, prompt, rating } = provenanceSchema.safeParse(raw).data ?? {};
    if (rating !== undefined) this.reviewed++;
    if (document === undefined) this.withoutProvenance++;
    else this.addDocument(document, hash);
    for (const [counts, name] of [
      [this.models, model],
      [this.prompts, prompt],
    ] as const)
      if (name !== undefined && (counts.has(name) || counts.size < 100)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  private addDocument(document: string, hash: string): void {
    const key = hash || document;
    const known = this.documents.get(key);
    if (known !== undefined) known.records++;
    else if (this.documents.size < mostDocuments) this.documents.set(key, { document, hash, records: 1 });
    else this.recordsOfOthers++;
  }

  /** ISO 639-1 codes of the languages that at least one in fifty records is in, the most frequent first. */
  languages(): string[] {
    const counts = new Map<string, number>();
    for (const language of this.sampled)
      if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
    const told = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return [...counts]
      .filter(([, count]) => count * 50 >= told)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([language]) => language);
  }
}
