/**
 * What each UTF-16 unit is to the comparison of texts: a letter of a word (and which one, after folding), a character
 * that is a word of its own, or a gap. The same words as `words.ts` makes, without a string for each of them.
 */

/** Kinds of units; a folded unit stands in the low 16 bits, its kind above. */
export const gap = 1 << 16;
export const letter = 2 << 16;
export const alone = 3 << 16;
/** The unit means nothing without its neighbours, so the whole text has to be normalised first. */
export const entangled = 4 << 16;

const inWord = /[\p{L}\p{M}\p{N}]/u;
const mark = /\p{M}/u;
/** Scripts without spaces between words: each character counts as a word. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Kind of a character that stands in folded text. */
function kindOf(character: string): number {
  if (!inWord.test(character)) return gap;
  return unspaced.test(character) ? alone : letter;
}

/** Conjoining letters of Hangul, which compose with what stands before them. */
const isJamo = (unit: number): boolean => unit >= 0x1100 && unit <= 0x11ff;

/** Kind and folded form of a unit in text as it was written. */
function written(unit: number): number {
  // Half of a pair; the one capital whose small form depends on where it stands; letters that compose.
  if ((unit >= 0xd800 && unit <= 0xdfff) || unit === 0x03a3 || isJamo(unit)) return entangled;
  const character = String.fromCharCode(unit);
  const folded = character.normalize("NFKC").toLowerCase();
  if (mark.test(character) || mark.test(folded)) return entangled;
  if (!inWord.test(folded)) return gap;
  return folded.length === 1 ? kindOf(folded) | folded.charCodeAt(0) : entangled;
}

/** Looked up by unit, filled on first meeting: 256 KiB each. */
const asWritten = new Uint32Array(0x10000);
const asFolded = new Uint32Array(0x10000);
/** Characters beyond the first plane. */
const beyond = new Map<number, number>();

/**
 * @param unit a UTF-16 unit of text as it was written
 * @returns kind | folded unit
 */
export function writtenUnit(unit: number): number {
  const known = asWritten[unit]!;
  return known !== 0 ? known : (asWritten[unit] = written(unit));
}

/**
 * @param unit a UTF-16 unit, not half of a pair, of text in NFKC and lower case
 * @returns kind | unit
 */
export function foldedUnit(unit: number): number {
  const known = asFolded[unit]!;
  return known !== 0 ? known : (asFolded[unit] = kindOf(String.fromCharCode(unit)) | unit);
}

/**
 * @param point a code point above U+FFFF
 * @returns its kind
 */
export function pointKind(point: number): number {
  let kind = beyond.get(point);
  if (kind === undefined) {
    kind = kindOf(String.fromCodePoint(point));
    if (beyond.size < 0x10000) beyond.set(point, kind);
  }
  return kind;
}
