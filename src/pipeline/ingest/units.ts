/** Cuts text into spans at paragraph, sentence and word boundaries. Spans follow each other without gaps. */

export interface Span {
  start: number;
  /** One past the last character; white space after the unit belongs to it. */
  end: number;
}

/** From coarse to fine: a unit that is too long is cut into units of the next level. */
export type Level = "paragraph" | "sentence" | "word" | "character";
export const finerLevel: Readonly<Record<Exclude<Level, "character">, Level>> = {
  paragraph: "sentence",
  sentence: "word",
  word: "character",
};

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Cuts a part of a text into units. Works for any language, with or without spaces between words (Unicode UAX #29).
 * @returns spans in the whole text, at least one unless the part is empty
 */
export function unitsOf(text: string, part: Span, level: Level): Span[] {
  switch (level) {
    case "paragraph":
      return cutAfter(part, paragraphBreaks(text.slice(part.start, part.end)));
    case "sentence":
      return cutAfter(part, segmentEnds(sentences, text.slice(part.start, part.end)));
    case "word":
      return cutAfter(part, wordEnds(text.slice(part.start, part.end)));
    case "character":
      return cutAfter(part, segmentEnds(graphemes, text.slice(part.start, part.end)));
  }
}

function cutAfter(part: Span, ends: Iterable<number>): Span[] {
  const spans: Span[] = [];
  let start = part.start;
  for (const end of ends) {
    const at = part.start + end;
    if (at <= start || at >= part.end) continue;
    spans.push({ start, end: at });
    start = at;
  }
  if (start < part.end) spans.push({ start, end: part.end });
  return spans;
}

function* paragraphBreaks(text: string): Generator<number> {
  for (const match of text.matchAll(/\n[^\S\n]*\n\s*/g)) yield match.index + match[0].length;
}

/** Ends of words with what follows them up to the next: spaces and punctuation are never left at the start of a unit. */
function* wordEnds(text: string): Generator<number> {
  let end = 0;
  for (const { segment, index, isWordLike } of words.segment(text)) {
    if (isWordLike === true && index > 0 && index === end) yield index;
    end = index + segment.length;
  }
  yield end;
}

function* segmentEnds(segmenter: Intl.Segmenter, text: string): Generator<number> {
  for (const { segment, index } of segmenter.segment(text)) yield index + segment.length;
}
