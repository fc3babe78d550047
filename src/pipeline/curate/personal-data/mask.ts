/** Puts `[EMAIL_1]` in place of a mail address; the same datum gets the same mask wherever it stands in a record. */
import type { StoredRecord } from "../../records/read.js";
import type { Found } from "./family.js";

/** Keys of a record that say where it came from: they hold hashes and paths, which must stay as they are. */
const kept = new Set(["provenance", "quality", "rating", "source"]);

/** Of one record: masks are numbered in the order in which their data come. */
export class Masker {
  private readonly masks = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  /** What was found, and how often, in the order in which it was first found. */
  readonly kinds = new Map<string, number>();

  constructor(private readonly find: (text: string) => readonly Found[]) {}

  /** A copy of a record in which every text is masked. What is found in it is counted, each place once. */
  record(record: StoredRecord): StoredRecord {
    const { question, answer, reasoning, turns } = record;
    if (turns !== undefined)
      return {
        ...record,
        turns: turns.map((turn) => ({ ...turn, content: this.replace(turn.content, true) })),
        question: this.mask(question),
        answer: this.mask(answer),
        raw: this.deep(record.raw) as Record<string, unknown>,
      };
    return {
      ...record,
      question: this.replace(question, true),
      ...(reasoning === undefined ? {} : { reasoning: this.replace(reasoning, true) }),
      answer: this.replace(answer, true),
      raw: this.deep(record.raw) as Record<string, unknown>,
    };
  }

  /** The text with masks in place of what is found. */
  mask(text: string): string {
    return this.replace(text, false);
  }

  /** Everything within a value that is text, but for what says where a record came from. */
  deep(value: unknown): unknown {
    if (typeof value === "string") return this.mask(value);
    if (Array.isArray(value)) return value.map((one) => this.deep(one));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, kept.has(key) ? one : this.deep(one)]));
  }

  private replace(text: string, isCounted: boolean): string {
    let result = "";
    let at = 0;
    for (const { start, end, label, kind, value } of this.find(text)) {
      if (isCounted) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      result += text.slice(at, start) + this.maskFor(label, value);
      at = end;
    }
    return result + text.slice(at);
  }

  private maskFor(label: string, value: string): string {
    const key = `${label} ${value}`;
    const known = this.masks.get(key);
    if (known !== undefined) return known;
    const count = (this.counts.get(label) ?? 0) + 1;
    this.counts.set(label, count);
    const mask = `[${label}_${count}]`;
    this.masks.set(key, mask);
    return mask;
  }
}

/** Keys beside a file's records that tell one document from another. */
const identifying = new Set(["document", "hash", "media_type", "model"]);

/**
 * Masks what stands beside the records of a file: the summary, and the texts they were made from.
 * @param find as for a record
 */
export function maskRest(value: unknown, find: (text: string) => readonly Found[]): unknown {
  if (typeof value === "string") return new Masker(find).mask(value);
  if (Array.isArray(value)) return value.map((one) => maskRest(one, find));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, identifying.has(key) ? one : maskRest(one, find)]),
  );
}
