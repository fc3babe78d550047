/**
 * Divides a dataset into splits without ever putting records of one document into two of them: what a model is tested
 * with must not be told of in what it is trained with.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { InputError, UsageError } from "../../errors.js";
import type { StoredRecord } from "../records/read.js";
import { wordsOf } from "../text/words.js";

/** A split and the share of the records that it is to have, 0 to 1. */
export interface SplitShare {
  name: string;
  share: number;
}

/**
 * @param text `train=0.9,validation=0.05,test=0.05`; the shares add up to 1, or to 100
 * @throws {UsageError} naming what is wrong
 */
export function parseSplits(text: string): SplitShare[] {
  const entries = text.split(",").map((part): [string, number] => {
    const [, name = "", share = ""] = /^\s*([^=\s]+)\s*=\s*(\d*\.?\d+)\s*%?\s*$/.exec(part) ?? [];
    if (name === "") throw badSplits(`"${part.trim()}" is not a name and a share`);
    return [name, Number(share)];
  });
  const names = entries.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw badSplits(`the split "${twice}" is named twice`);
  return checkedSplits(Object.fromEntries(entries));
}

/**
 * @param shares by name, as a configuration has them
 * @throws {UsageError} naming what is wrong
 */
export function checkedSplits(shares: Readonly<Record<string, number>>): SplitShare[] {
  const entries = Object.entries(shares);
  for (const [name, share] of entries) {
    // The names that Hugging Face's library takes; "all" stands for all of them there.
    if (!/^\w+$/.test(name) || name === "all") throw badSplits(`"${name}" cannot be the name of a split`);
    if (!(share > 0)) throw badSplits(`the share of "${name}" must be more than 0`);
  }
  const sum = entries.reduce((total, [, share]) => total + share, 0);
  const whole = Math.abs(sum - 100) < 1e-6 ? 100 : 1;
  if (entries.length > 0 && Math.abs(sum - whole) > 1e-6)
    throw badSplits(`the shares of the splits add up to ${Number(sum.toFixed(6))}, not to 1`);
  return entries.map(([name, share]) => ({ name, share: share / whole }));
}

function badSplits(message: string): UsageError {
  return new UsageError(message, { remedy: "write for example --split train=0.9,validation=0.05,test=0.05" });
}

const placeSchema = z.object({
  provenance: z.object({
    hash: z.string().min(1).optional(),
    document: z.string().optional(),
    row: z.number().optional(),
  }),
});

/**
 * What must stay together with a record: the other records of its document (and row, where a document has many), told
 * by the hash of the document's bytes, else by its path. Records that do not say where they come from stay together
 * when they ask the same: equal questions but for case and punctuation.
 */
export function groupOf(record: StoredRecord): string {
  const place = placeSchema.safeParse(record.raw).data?.provenance;
  const document = place?.hash ?? place?.document;
  if (document !== undefined) return `document ${document} ${place?.row ?? ""}`;
  return `question ${wordsOf(record.question).join(" ") || record.question}`;
}

/** Which split each group goes into. */
export interface SplitPlan {
  splits: readonly SplitShare[];
  splitOf(record: StoredRecord): string;
  /** Groups in all. */
  groups: number;
}

/**
 * Counts the groups of all records first; takes 9 bytes for each record.
 *
 * The largest groups are placed first, each into the split that lacks most; groups of the same size come in the order
 * of a hash of the seed and the group, so that the same records give the same splits wherever they stand.
 * @throws {InputError} when there are too few groups for a split to get any
 */
export async function planSplits(
  records: AsyncIterable<StoredRecord>,
  splits: readonly SplitShare[],
  seed: number,
): Promise<SplitPlan> {
  const keys = await keysOf(records, seed);
  const groups: { key: number; size: number }[] = [];
  for (const key of keys) {
    const last = groups.at(-1);
    if (last?.key === key) last.size++;
    else groups.push({ key, size: 1 });
  }
  const places = new Uint8Array(groups.length);
  const missing = splits.map(({ share }) => share * keys.length);
  const order = groups.map((_, i) => i).sort((a, b) => groups[b]!.size - groups[a]!.size || a - b);
  for (const i of order) {
    const split = missing.indexOf(Math.max(...missing));
    places[i] = split;
    missing[split]! -= groups[i]!.size;
  }
  for (const [i, { name, share }] of splits.entries())
    if (!places.includes(i))
      throw new InputError(
        `the split "${name}" would be empty: ${keys.length} records of ${groups.length} documents are too few for a share of ${share}`,
        { remedy: "give it a larger share, leave it out, or make records from more documents" },
      );
  const sorted = Float64Array.from(groups, ({ key }) => key);
  return {
    splits,
    groups: groups.length,
    splitOf: (record) => splits[places[placeIn(sorted, keyOf(record, seed))] ?? 0]!.name,
  };
}

/** The keys of all records, sorted. */
async function keysOf(records: AsyncIterable<StoredRecord>, seed: number): Promise<Float64Array> {
  let keys = new Float64Array(1024);
  let count = 0;
  for await (const record of records) {
    if (count === keys.length) {
      const larger = new Float64Array(count * 2);
      larger.set(keys);
      keys = larger;
    }
    keys[count++] = keyOf(record, seed);
  }
  return keys.subarray(0, count).sort();
}

/** The first 52 bits of a hash, which a number holds exactly. Two groups with one key would only stay together. */
function keyOf(record: StoredRecord, seed: number): number {
  const digest = createHash("sha256")
    .update(`${seed}\n${groupOf(record)}`)
    .digest();
  return digest.readUIntBE(0, 6) * 16 + (digest[6]! >> 4);
}

function placeIn(sorted: Float64Array, key: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
