/** Tags of samples, and weighted shares of them whose totals come out exact. */
import { UsageError } from "../../errors.js";
import { deriveSeed } from "../engine/seed.js";
import { tagProblem } from "../projects/index.js";
import type { TagShare } from "./types.js";

/** @throws {UsageError} for a tag that Kiln would refuse, before any work */
export function checkTag(tag: string): string {
  const problem = tagProblem(tag);
  if (problem !== undefined) throw new UsageError(problem, { remedy: "tags hold no spaces and no commas" });
  return tag;
}

/**
 * @param texts `eval_data=80,golden_data=20`, or a part of it each; a tag without a number has the weight 1
 * @throws {UsageError} naming what is wrong
 */
export function parseTagShares(texts: readonly string[]): TagShare[] {
  const shares: TagShare[] = [];
  for (const part of texts.flatMap((text) => text.split(","))) {
    const at = part.lastIndexOf("=");
    const tag = checkTag((at === -1 ? part : part.slice(0, at)).trim());
    const number =
      at === -1
        ? "1"
        : part
            .slice(at + 1)
            .trim()
            .replace(/%$/, "");
    const weight = number === "" ? NaN : Number(number);
    if (!Number.isFinite(weight) || weight < 0)
      throw new UsageError(`the share of the tag ${tag} is no number: "${number}"`, {
        remedy: "write for example --split eval_data=80,golden_data=20",
      });
    if (shares.some((share) => share.tag === tag)) throw new UsageError(`the tag ${tag} is given a share twice`);
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
 * divided by largest remainder (Hamilton's method), and what is new makes up the difference. The order is random, and
 * the same for the same seed.
 * @param already how often each was given before; names that are not there count as 0
 * @param count how many names are wanted
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
  const before = given.map(({ name }) => already[name] ?? 0);
  const whole = before.reduce((a, b) => a + b, 0) + count;
  const goal = apportion(given, whole);
  const lacking = goal.map((wanted, i) => Math.max(0, wanted - before[i]!));
  // More of some was given before than is theirs, as where shares were changed: what is new is too little for the rest.
  for (let over = lacking.reduce((a, b) => a + b, 0) - count; over > 0; over--)
    lacking[lacking.indexOf(Math.max(...lacking))]!--;
  const names = given.flatMap(({ name }, i) => Array<T>(lacking[i]!).fill(name));
  return shuffled(names, deriveSeed(seed, "assign", whole));
}

function apportion(shares: readonly { weight: number }[], whole: number): number[] {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const exact = shares.map(({ weight }) => (weight / total) * whole);
  const floors = exact.map((value) => Math.floor(value + 1e-9));
  const order = exact.map((value, i) => ({ i, rest: value - floors[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = whole - floors.reduce((a, b) => a + b, 0);
  for (const { i } of order) if (left-- > 0) floors[i]!++;
  return floors;
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
