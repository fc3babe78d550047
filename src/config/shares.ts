/** Names with shares, as question types and difficulties are given: `what`, `what:2,how:1`, a list, or a map. */

/** A name and how much of the whole it gets, as a weight beside the others'. */
export interface Share {
  name: string;
  weight: number;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u;
/** More than these would fill a prompt. */
const mostNames = 16;
const nothing: readonly string[] = ["", "none", "off", "any"];

/**
 * @param value `"what:2, how"`, `["what", "how"]` or `{ what: 2, how: 1 }`; `none`, `any` and an empty list mean no names
 * @returns the names whose weight is not 0, or what is wrong as a string
 */
export function parseShares(value: unknown): Share[] | string {
  const pairs = pairsOf(value);
  if (typeof pairs === "string") return pairs;
  const shares: Share[] = [];
  for (const [given, weight] of pairs) {
    const name = given.trim().toLowerCase();
    if (!namePattern.test(name)) return `"${given}" is not a name of a few letters`;
    if (!Number.isFinite(weight) || weight < 0) return `the share of ${name} must be a number from 0 up`;
    if (shares.some((share) => share.name === name)) return `${name} is given twice`;
    if (weight > 0) shares.push({ name, weight });
  }
  if (pairs.length > 0 && shares.length === 0) return "all shares are 0";
  if (shares.length > mostNames) return `at most ${mostNames} names`;
  return shares;
}

function pairsOf(value: unknown): [string, number][] | string {
  if (typeof value === "string") {
    if (nothing.includes(value.trim().toLowerCase())) return [];
    return value.split(",").map((part) => {
      const [name = "", weight] = part.split(":");
      return [name, weight === undefined ? 1 : weight.trim() === "" ? NaN : Number(weight)];
    });
  }
  if (Array.isArray(value))
    return value.every((name) => typeof name === "string") ? value.map((name) => [name, 1]) : "names must be words";
  if (typeof value === "object" && value !== null)
    return Object.entries(value).map(([name, weight]) => [name, typeof weight === "number" ? weight : NaN]);
  return 'expected names with shares, for example "what:2,how"';
}

/** A share's notation on a command line. */
export function sharesInWords(shares: readonly Share[]): string {
  return shares.map(({ name, weight }) => (weight === 1 ? name : `${name}:${weight}`)).join(",");
}
