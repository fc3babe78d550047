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
    run: z.string().optional(),
  }),
});

/**
 * What must stay together with a record, by the names of one or two groups: the other records of its document (and row,
 * where a document has many), told by the hash of the document's bytes, else by its path. Records that do not say where
 * they come from stay together when they ask the same: equal questions but for case and punctuation. Runs of a task do so
 * in every case.
 */
export function groupsOf(record: StoredRecord): string[] {
  const place = placeSchema.safeParse(record.raw).data?.provenance;
  const document = place?.hash ?? place?.document;
  const groups = document === undefined ? [] : [`document ${document} ${place?.row ?? ""}`];
  if (document === undefined || place?.run !== undefined)
    groups.push(`question ${wordsOf(record.question).join(" ") || record.question}`);
  return groups;
}

/** Which split each group goes into. */
export interface SplitPlan {
  splits: readonly SplitShare[];
  splitOf(record: StoredRecord): string;
  /** Groups in all. */
  groups: number;
}

/**
 * Counts the groups of all records first; takes 17 bytes for each record.
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
  const { keys, links, count } = await keysOf(records, seed);
  const sorted = distinct(keys, links);
  const groups = new Joined(sorted.length);
  for (let i = 0; i < links.length; i += 2) groups.join(placeIn(sorted, links[i]!), placeIn(sorted, links[i + 1]!));
  const places = new Uint8Array(sorted.length);
  const missing = splits.map(({ share }) => share * count);
  const total = new Uint32Array(sorted.length);
  for (const key of keys) total[groups.rootOf(placeIn(sorted, key))]!++;
  const roots = [...total.keys()].filter((i) => groups.rootOf(i) === i);
  const order = roots.sort((a, b) => total[b]! - total[a]! || a - b);
  const taken = new Set<number>();
  for (const i of order) {
    const split = missing.indexOf(Math.max(...missing));
    places[i] = split;
    taken.add(split);
    missing[split]! -= total[i]!;
  }
  for (const [i, { name, share }] of splits.entries())
    if (!taken.has(i))
      throw new InputError(
        `the split "${name}" would be empty: ${count} records of ${order.length} documents are too few for a share of ${share}`,
        { remedy: "give it a larger share, leave it out, or make records from more documents" },
      );
  return {
    splits,
    groups: order.length,
    splitOf: (record) => {
      const key = keyOf(groupsOf(record)[0]!, seed);
      return splits[places[groups.rootOf(placeIn(sorted, key))] ?? 0]!.name;
    },
  };
}

/** Numbers that grow as they are added to. */
class Numbers {
  private all = new Float64Array(1024);
  private count = 0;

  add(value: number): void {
    if (this.count === this.all.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.all);
      this.all = larger;
    }
    this.all[this.count++] = value;
  }

  get values(): Float64Array {
    return this.all.subarray(0, this.count);
  }
}

/** The key of each record's first group, and pairs of keys of groups that a record joins. */
async function keysOf(
  records: AsyncIterable<StoredRecord>,
  seed: number,
): Promise<{ keys: Float64Array; links: Float64Array; count: number }> {
  const keys = new Numbers();
  const links = new Numbers();
  for await (const record of records) {
    const [first, second] = groupsOf(record);
    const key = keyOf(first!, seed);
    keys.add(key);
    if (second === undefined) continue;
    links.add(key);
    links.add(keyOf(second, seed));
  }
  return { keys: keys.values, links: links.values, count: keys.values.length };
}

/** All keys, sorted, each once. */
function distinct(keys: Float64Array, links: Float64Array): Float64Array {
  const all = new Float64Array(keys.length + links.length);
  all.set(keys);
  all.set(links, keys.length);
  all.sort();
  let count = 0;
  for (const key of all) if (count === 0 || all[count - 1] !== key) all[count++] = key;
  return all.subarray(0, count);
}

/** The first 52 bits of a hash, which a number holds exactly. Two groups with one key would only stay together. */
function keyOf(group: string, seed: number): number {
  const digest = createHash("sha256").update(`${seed}\n${group}`).digest();
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

/** Groups that were joined (union by a common root, with shortened paths). */
class Joined {
  private readonly above: Uint32Array;

  constructor(count: number) {
    this.above = Uint32Array.from({ length: count }, (_, i) => i);
  }

  rootOf(i: number): number {
    let at = i;
    while (this.above[at] !== at) {
      this.above[at] = this.above[this.above[at]!]!;
      at = this.above[at]!;
    }
    return at;
  }

  /** The smaller one is the root, so that it does not depend on the order. */
  join(a: number, b: number): void {
    const [one, other] = [this.rootOf(a), this.rootOf(b)];
    this.above[Math.max(one, other)] = Math.min(one, other);
  }
}
