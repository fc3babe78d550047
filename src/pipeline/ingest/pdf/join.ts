import { type Word, wordGap } from "./words.js";

/** What most characters of a line have in common. */
export interface Main {
  font: string;
  size: number;
  y: number;
  bold: boolean;
}

/** @returns the font and size that most characters of a line have, and the baseline of most of that size */
export function dominant(words: readonly Word[]): Main {
  const fonts = new Map<string, { word: Word; count: number }>();
  for (const word of words) {
    const key = `${word.font} ${word.size.toFixed(1)}`;
    const entry = fonts.get(key) ?? { word, count: 0 };
    entry.count += word.text.length;
    fonts.set(key, entry);
  }
  const { word: main } = [...fonts.values()].reduce((best, entry) => (entry.count > best.count ? entry : best));
  const baselines = new Map<number, number>();
  for (const { size, y, text } of words) {
    const at = Math.round(y * 2) / 2;
    if (Math.abs(size - main.size) <= 0.1 * Math.abs(main.size))
      baselines.set(at, (baselines.get(at) ?? 0) + text.length);
  }
  const [y] = [...baselines].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  return { font: main.font, size: main.size, y, bold: main.bold };
}

/**
 * Writes words of a line with the spaces between them; small raised and lowered numbers become superscripts and
 * subscripts, words with letters set apart are put together.
 *
 * @param words from left to right
 * @param line its font size, its baseline, and whether it is read from right to left
 */
export function joinWords(words: readonly Word[], line: { size: number; y: number; rightToLeft: boolean }): string {
  const ordered = line.rightToLeft ? rightToLeftOrder(words) : leftToRightOrder(words);
  const apart = lettersApart(ordered, line.size);
  let text = "";
  let wasIndex = false;
  for (const [index, word] of ordered.entries()) {
    const last = ordered[index - 1];
    const raised: string = wasIndex || isIndex(last, word) ? raise(word, line) : word.text;
    wasIndex = raised !== word.text && !apart.has(index);
    if (last && !apart.has(index)) text += spaceBetween(last, word, line.size);
    text += raised;
  }
  return text.replace(/ {2,}/g, " ").trim();
}

/** Gap, in units of the font size, that sets what follows apart. */
const tabGap = 1.8;

function spaceBetween(last: Word, word: Word, size: number): string {
  if (Math.max(word.x0 - last.x1, last.x0 - word.x1) > tabGap * size) return "\t";
  return isSpaceBetween(last, word, size) ? " " : "";
}

function isSpaceBetween(last: Word, word: Word, size: number): boolean {
  // The gap does not depend on which of the two is read first.
  const gap = Math.max(word.x0 - last.x1, last.x0 - word.x1);
  const [left, right] = word.x0 >= last.x0 ? [last, word] : [word, last];
  const smaller = Math.min(left.size, right.size);
  if (right.spaced && gap > -0.1 * smaller)
    return !(isWide(last.text.at(-1)) && isWide(word.text[0]) && gap < 0.3 * size);
  if (left.spaced && left.rightToLeft && right.rightToLeft && gap > 0.05 * smaller) return true;
  if (isWide(last.text.at(-1)) || isWide(word.text[0])) return gap > 0.5 * size;
  return gap > wordGap * Math.max(smaller, 0.7 * size);
}

/** Chinese and Japanese have no spaces between words. */
function isWide(character: string | undefined): boolean {
  return character !== undefined && /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/.test(character);
}

const raisedForms: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from("0123456789+-=()ni−").map((plain, index) => [plain, Array.from("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ⁻")[index]!]),
);
const loweredForms: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from("0123456789+-=()−aehijklmnoprstuvx").map((plain, index) => [
    plain,
    Array.from("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")[index]!,
  ]),
);

/** An index follows what it belongs to; alone it is a mark of a footnote. What is over or under a stroke is neither. */
function isIndex(last: Word | undefined, word: Word): boolean {
  if (!last) return /^\d+$/.test(word.text);
  const gap = word.x0 - last.x1;
  return (
    gap > -2 * last.size &&
    gap < 0.2 * Math.max(last.size, word.size) &&
    /[\p{L}\p{N}\p{M})\]}’'”"».,;:!?*∂∇∑∏⋃⋂∫]$/u.test(last.text)
  );
}

function raise(word: Word, line: { size: number; y: number }): string {
  if (word.size > 0.85 * line.size) return word.text;
  const up = line.y - word.y;
  const forms = up > 0.15 * line.size ? raisedForms : up < -0.08 * line.size ? loweredForms : undefined;
  const characters = Array.from(word.text);
  if (!forms || characters.length > 4 || !characters.every((character) => character in forms)) return word.text;
  // Of letters only single ones are indices; two make a word, such as the ending of an ordinal.
  if (/\p{L}/u.test(word.text) && characters.length > 1 && !/\d/.test(word.text)) return word.text;
  return characters.map((character) => forms[character]).join("");
}

/** Letters that stand alone, one after the other, at the same distance: a word set wide. @returns who joins who is before */
function lettersApart(words: readonly Word[], size: number): Set<number> {
  const joined = new Set<number>();
  for (let start = 0; start < words.length;) {
    let end = start;
    while (end < words.length && /^\p{L}$/u.test(words[end]!.text)) end++;
    if (end - start >= 5) {
      const gaps = words.slice(start + 1, end).map((word, index) => word.x0 - words[start + index]!.x1);
      const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 3)]!;
      if (usual > 0.1 * size && usual < 1.1 * size) {
        for (const [index, gap] of gaps.entries()) {
          if (gap < 1.4 * usual) joined.add(start + 1 + index);
        }
        // Letters that differ in their distances are a row of symbols.
        if (gaps.filter((gap) => gap < 0.7 * usual).length > gaps.length / 4) joined.clear();
      }
    }
    start = Math.max(end, start + 1);
  }
  return joined;
}

/** From right to left, except that Latin words and numbers in a row keep their own direction. */
function rightToLeftOrder(words: readonly Word[]): Word[] {
  const ordered: Word[] = [];
  let latin: Word[] = [];
  for (const word of words.toReversed()) {
    if (!word.rightToLeft && /[\p{Script=Latin}\p{Nd}]/u.test(word.text)) {
      latin.unshift(word);
    } else {
      ordered.push(...latin, word);
      latin = [];
    }
  }
  return [...ordered, ...latin];
}

/** From left to right, except that words of a right-to-left script in a row keep theirs. */
function leftToRightOrder(words: readonly Word[]): readonly Word[] {
  if (!words.some((word) => word.rightToLeft)) return words;
  const ordered: Word[] = [];
  let turned: Word[] = [];
  for (const word of words) {
    if (word.rightToLeft) {
      turned.unshift(word);
    } else {
      ordered.push(...turned, word);
      turned = [];
    }
  }
  return [...ordered, ...turned];
}
