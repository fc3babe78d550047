/**
 * Patterns narrowed to matches of some length. Where a pattern may grow in several places, the characters that are left
 * are divided among them: a part of the matches of that length, all of which the pattern allows.
 */
import { lengths, nullable, type Pattern } from "./pattern.js";
import type { Regex } from "./regex.js";

/** Most characters that one round of a repeated group gets, where the group itself may grow. */
const usualRound = 16;

const nothing: Regex = { kind: "set", set: [] };

/**
 * @param min fewest characters (code points)
 * @param max most, Infinity for no limit
 * @returns undefined when no narrowing was found, and the pattern's lengths are not within the bounds by themselves
 */
export function withLength(pattern: Pattern, min: number, max: number): Regex | undefined {
  const { regex, length } = pattern;
  if (length[0] >= min && length[1] <= max) return regex;
  if (length[1] < min || length[0] > max) return nothing;
  const limited = max === Infinity ? regex : limit(regex, max);
  return limited && raise(limited, min);
}

/** The matches of at most so many characters, or some of them; undefined where there are none. */
function limit(regex: Regex, most: number): Regex | undefined {
  const [least, greatest] = lengths(regex);
  if (greatest <= most) return regex;
  if (least > most) return undefined;
  if (regex.kind === "alt") {
    const branches = regex.items.map((item) => limit(item, most)).filter((item) => item !== undefined);
    return branches.length === 0 ? undefined : { kind: "alt", items: branches };
  }
  if (regex.kind === "seq") return limitAll(regex.items, most - least);
  return regex.kind === "repeat" ? limitRepeat(regex, most) : undefined;
}

/** Divides spare characters among the items: those that need few get what they need, the others alike. */
function limitAll(items: readonly Regex[], spare: number): Regex | undefined {
  const order = items
    .map((item, at) => ({ at, least: lengths(item)[0], need: lengths(item)[1] - lengths(item)[0] }))
    .sort((a, b) => a.need - b.need);
  const limited: Regex[] = [...items];
  let left = spare;
  for (const [n, { at, least, need }] of order.entries()) {
    const share = Math.min(need, Math.floor(left / (order.length - n)));
    left -= share;
    const item = limit(items[at]!, least + share);
    if (item === undefined) return undefined;
    limited[at] = item;
  }
  return { kind: "seq", items: limited };
}

function limitRepeat({ item, min, max }: Regex & { kind: "repeat" }, most: number): Regex | undefined {
  const [shortest, longest] = lengths(item);
  if (longest === 0) return { kind: "repeat", item, min, max };
  if (shortest === longest) return { kind: "repeat", item, min, max: Math.min(max, Math.floor(most / longest)) };
  // As many rounds as a round has characters, where there is little room.
  const usual = Math.min(usualRound, Math.ceil(Math.sqrt(2 * most)));
  const round = Math.max(shortest, 1, Math.min(longest, usual, Math.floor(most / Math.max(1, min))));
  const limited = limit(item, round);
  if (limited === undefined) return undefined;
  const times = Math.floor(most / Math.max(1, lengths(limited)[1]));
  return times < min ? undefined : { kind: "repeat", item: limited, min, max: Math.min(max, times) };
}

/** The matches of at least so many characters, or some of them; undefined where none was found. */
function raise(regex: Regex, least: number): Regex | undefined {
  const [shortest, longest] = lengths(regex);
  if (shortest >= least) return regex;
  if (longest < least) return undefined;
  if (regex.kind === "alt") {
    const branches = regex.items.map((item) => raise(item, least)).filter((item) => item !== undefined);
    return branches.length === 0 ? undefined : { kind: "alt", items: branches };
  }
  if (regex.kind === "seq") return raiseAll(regex.items, least - shortest);
  if (regex.kind !== "repeat" || nullable(regex.item)) return undefined;
  const { item, min, max } = regex;
  const times = Math.min(max, Math.ceil(least / lengths(item)[0]));
  // Where there are not enough rounds, each has to be longer.
  const longer = times * lengths(item)[0] < least ? raise(item, Math.ceil(least / times)) : item;
  return longer && { kind: "repeat", item: longer, min: Math.max(min, times), max };
}

/** Each grows by as much as it has room, those with most room first. */
function raiseAll(items: readonly Regex[], missing: number): Regex | undefined {
  const order = items
    .map((item, at) => ({ at, least: lengths(item)[0], room: lengths(item)[1] - lengths(item)[0] }))
    .sort((a, b) => (a.room === b.room ? 0 : b.room - a.room));
  const raised: Regex[] = [...items];
  let left = missing;
  let roomLeft = order.reduce((sum, { room }) => sum + (room === Infinity ? 0 : room), 0);
  for (const { at, least, room } of order) {
    if (left <= 0 || room === 0) break;
    const more = room === Infinity ? left : Math.min(room, Math.ceil((left * room) / roomLeft));
    if (room !== Infinity) roomLeft -= room;
    const item = raise(items[at]!, least + more);
    if (item === undefined) continue;
    raised[at] = item;
    left -= lengths(item)[0] - least;
  }
  return left > 0 ? undefined : { kind: "seq", items: raised };
}
