/** Tags of samples, and weighted shares of them whose totals come out exact. */
import { UsageError } from "../../errors.js";
import { deriveSeed } from "../engine/seed.js";
import { tagProblem } from "../projects/index.js";
import type { TagShare } from "./types.js";

/**
 * @returns the tag
 * @throws {UsageError} for a tag that Kiln would refuse or that would break lists of tags, naming the character and a tag
 *   that would do
 */
export function checkTag(tag: string): string {
  const problem = tagProblem(tag);
  if (problem !== undefined)
    throw new UsageError(problem, { remedy: "tags hold no spaces, commas or control characters" });
  return tag;
}

/** Far more than anybody means; the sum of such weights is still a number. */
const mostWeight = 1e9;

/**
 * @param texts `eval_data=80,golden_data=20`, or a part of it each; a tag without a number has the weight 1
 * @throws {UsageError} naming what is wrong
 */
export function parseTagShares(texts: readonly string[]): TagShare[] {
  const shares: TagShare[] = [];
  const remedy = "write for example --split eval_data=80,golden_data=20";
  for (const part of texts.flatMap((text) => text.split(","))) {
    if (part.trim() === "") throw new UsageError(`the shares "${texts.join(",")}" have an empty part`, { remedy });
    const at = part.lastIndexOf("=");
    const tag = checkTag((at === -1 ? part : part.slice(0, at)).trim());
    const number = at === -1 ? "1" : part.slice(at + 1).trim();
    // No hexadecimal numbers and no "Infinity", which Number would take.
    const weight = /^(?:\d+\.?\d*|\.\d+)\s*%?$/.test(number) ? parseFloat(number) : NaN;
    if (!(weight <= mostWeight))
      throw new UsageError(`the share of the tag ${tag} is no number from 0 to ${mostWeight}: "${number}"`, { remedy });
    if (shares.some((share) => share.tag === tag))
      throw new UsageError(`the tag ${tag} is given a share twice`, { remedy: "give each tag one share" });
    shares.push({ tag, weight });
  }
  if (shares.length > 0 && shares.every(({ weight }) => weight === 0))
    throw new UsageError("all shares of tags are 0", { remedy: "give at least one a share" });
  return shares;
}

/** The tags of a generated sample: those that tell what it is, and the user's, each once. */
export function sessionTags(sessionId: string, custom: readonly string[]): string[] {
  return [...new Set(["synthetic", `synthetic_session_${sessionId}`, ...custom])];
}

/**
 * Gives out names so that, with those that were given before, each has its share of the whole, exactly: the whole is
 * divided by largest remainder (Hamilton's method; of equal remainders the first counts), and what is new makes up the
 * difference. Given in one go or in pieces, the totals come out the same wherever what is given already allows it: where
 * a name has more than its share of the whole, the others are short of it together, each by as little as can be.
 * @param shares names with weights, which need not add up to anything
 * @param already how often each was given before; names that are not there count as 0
 * @param count how many names are wanted
 * @param seed of the order, which is random, and the same for the same seed on every machine
 * @returns `count` names; never one with the weight 0; none where there are no shares
 */
export function assignExactly<T extends string>(
  shares: readonly { name: T; weight: number }[],
  already: Readonly<Partial<Record<T, number>>>,
  count: number,
  seed: number,
): T[] {
  const given = shares.filter(({ weight }) => weight > 0);
  if (given.length === 0 || count <= 0) return [];
  const before = given.map(({ name }) => (Object.hasOwn(already, name) ? already[name]! : 0));
  const whole = before.reduce((a, b) => a + b, 0) + count;
  const exact = exactShares(given, whole);
  const goal = apportion(exact, whole);
  const totals = goal.map((wanted, i) => Math.max(wanted, before[i]!));
  // Some may have more than is theirs: shares were changed, or largest remainder took one back as the whole grew.
  for (let over = totals.reduce((a, b) => a + b, 0) - whole; over > 0; over--)
    totals[leastShort(totals, before, exact)]!--;
  const names = given.flatMap(({ name }, i) => Array<T>(totals[i]! - before[i]!).fill(name));
  return shuffled(names, deriveSeed(seed, "assign", whole));
}

function exactShares(shares: readonly { weight: number }[], whole: number): number[] {
  const most = Math.max(...shares.map(({ weight }) => weight));
  const total = shares.reduce((sum, { weight }) => sum + weight / most, 0);
  return shares.map(({ weight }) => (weight / most / total) * whole);
}

/** Sums of fractions are off by less than this. */
const tolerance = 1e-9;

function apportion(exact: readonly number[], whole: number): number[] {
  const result = exact.map((value) => Math.floor(value + tolerance));
  const order = exact.map((value, i) => ({ i, rest: Math.round((value - result[i]!) / tolerance) }));
  order.sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = whole - result.reduce((a, b) => a + b, 0);
  for (const { i } of order) if (left-- > 0) result[i]!++;
  return result;
}

/** Of those that can be given less, the one that is then the least short of its share. */
function leastShort(totals: readonly number[], before: readonly number[], exact: readonly number[]): number {
  let best = -1;
  for (let i = 0; i < totals.length; i++)
    if (totals[i]! > before[i]! && (best === -1 || exact[i]! - totals[i]! < exact[best]! - totals[best]! - tolerance))
      best = i;
  return best;
}

/** Fisher and Yates, with a generator that is the same on every machine (mulberry32). */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
