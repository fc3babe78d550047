/** Finds text that goes round in circles, as models do that lost the thread. */
import { wordsOf } from "../../text/words.js";

/** Longest turn of a loop that is looked for, in words. */
const longestTurn = 30;
/** How often a turn must come in a row: single words more often, since people say "very, very". */
const fewestTurns = 4;
const fewestSingle = 6;

/**
 * @returns the words that are said over and over, and how often in a row; undefined where nothing is. Takes time
 *   linear in the text.
 */
export function findLoop(text: string): { turn: string; times: number } | undefined {
  const words = wordsOf(text);
  for (let size = 1; size <= Math.min(longestTurn, words.length / fewestTurns); size++) {
    let equal = 0;
    for (let at = size; at < words.length; at++) {
      equal = words[at] === words[at - size] ? equal + 1 : 0;
      const times = Math.floor(equal / size) + 1;
      if (times < (size === 1 ? fewestSingle : fewestTurns)) continue;
      const turn = words.slice(at - size + 1, at + 1);
      // Columns of numbers repeat themselves rightly.
      if (turn.every((word) => /^\p{N}+$/u.test(word))) continue;
      return { turn: turn.join(" "), times };
    }
  }
  return repeatedSentence(text);
}

/** A sentence of some length that comes three times, wherever. */
function repeatedSentence(text: string): { turn: string; times: number } | undefined {
  const counts = new Map<string, number>();
  for (const sentence of text.split(/(?<=[.!?。！？])\s*|\n+/u)) {
    const words = wordsOf(sentence);
    if (words.length < 5) continue;
    const key = words.join(" ");
    const times = (counts.get(key) ?? 0) + 1;
    if (times >= 3) return { turn: key, times };
    counts.set(key, times);
  }
  return undefined;
}
