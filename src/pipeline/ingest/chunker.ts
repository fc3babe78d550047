/**
 * Cuts a document into chunks a model can read: at paragraph, then sentence, then word boundaries, measured in tokens
 * of the model in use or in characters, with real overlap. A document that fits is one chunk.
 */
import { UsageError } from "../../errors.js";
import type { Chunk, Document, DocumentImage, Section } from "../document.js";
import { finerLevel, type Level, type Span, unitsOf } from "./units.js";

export interface ChunkSettings {
  /** Most a chunk may hold, in `unit`. */
  size: number;
  /** How much of a chunk's end is repeated at the start of the next, in `unit`; less than `size`. */
  overlap: number;
  unit: "tokens" | "characters";
  /** Counts tokens of texts with the tokenizer of the model that will read the chunks. */
  countTokens: (texts: readonly string[]) => Promise<number[]>;
}

interface Unit extends Span {
  size: number;
}

/**
 * @returns the chunks in order; none for a text of white space only. Each chunk's text is a slice of the document's;
 *   chunks cover all of it but white space
 * @throws {UsageError} when the overlap is not less than the size
 */
export async function chunkDocument(document: Document, settings: ChunkSettings): Promise<Chunk[]> {
  const { text } = document;
  const { size, overlap } = settings;
  if (overlap >= size)
    throw new UsageError(`the overlap of chunks (${overlap}) must be less than their size (${size})`, {
      remedy: "lower --chunk-overlap or raise --chunk-size",
    });
  const measure = measureWith(settings);
  const whole: Span = trim(text, { start: 0, end: text.length });
  if (whole.start === whole.end) return [];
  const [total] = await measure([text.slice(whole.start, whole.end)]);
  const spans = total! <= size ? [whole] : await cutToFit(text, whole, total!, settings, measure);
  const texts = spans.map(({ start, end }) => text.slice(start, end));
  const tokens = await settings.countTokens(texts);
  const images = imagesOf(document.images ?? [], spans);
  return spans.map((span, index) => ({
    index,
    ...span,
    text: texts[index]!,
    tokens: tokens[index]!,
    ...placeOf(document.sections, span),
    ...(images[index]!.length === 0 ? {} : { images: images[index]! }),
  }));
}

/** The pictures of each span: those in it; one between two spans, or at the end, belongs to the one before. */
function imagesOf(images: readonly DocumentImage[], spans: readonly Span[]): DocumentImage[][] {
  const found = spans.map((): DocumentImage[] => []);
  for (const image of images) {
    const within = spans.flatMap(({ start, end }, index) => (image.at >= start && image.at < end ? [index] : []));
    if (within.length === 0) {
      const before = spans.findLastIndex(({ start }) => start <= image.at);
      within.push(Math.max(0, before));
    }
    for (const index of within) found[index]!.push(image);
  }
  return found;
}

/**
 * Few calls to the tokenizer, each for the whole document: units are measured once, chunks are made of their sums, and
 * since tokens of joined text may differ from the sum, all chunks are measured at the end and made smaller if need be.
 */
async function cutToFit(
  text: string,
  whole: Span,
  total: number,
  { size, overlap }: ChunkSettings,
  measure: Measure,
): Promise<Span[]> {
  const units = await cutToUnits(text, whole, size - overlap, measure);
  const sentences = overlap === 0 ? [] : await cutToUnits(text, whole, 0, measure, "sentence");
  for (let limit = size; ;) {
    // Chunks of about equal size: otherwise the last one would be whatever is left.
    const count = Math.ceil((total - overlap) / (limit - overlap));
    const target = Math.ceil((total - overlap) / count) + overlap;
    const spans = pack(text, units, sentences, { limit, overlap, target });
    const sizes = await measure(spans.map(({ start, end }) => text.slice(start, end)));
    const excess = Math.max(...sizes) - size;
    const smallest = Math.max(overlap + 1, ...units.map((unit) => unit.size));
    if (excess <= 0 || limit <= smallest) return spans;
    limit = Math.max(smallest, limit - excess);
  }
}

type Measure = (texts: readonly string[]) => Promise<number[]>;

function measureWith({ unit, countTokens }: ChunkSettings): Measure {
  return unit === "tokens" ? countTokens : (texts) => Promise.resolve(texts.map((text) => text.length));
}

/** Cuts into the coarsest units that are at most `limit` long, but none finer than `finest`. */
async function cutToUnits(
  text: string,
  whole: Span,
  limit: number,
  measure: Measure,
  finest: Level = "character",
): Promise<Unit[]> {
  let units = await measured(text, unitsOf(text, whole, "paragraph"), measure);
  for (const level of ["paragraph", "sentence", "word"] as const) {
    if (level === finest || units.every((unit) => unit.size <= limit)) break;
    const parts = units.map((unit) => (unit.size > limit ? unitsOf(text, unit, finerLevel[level]) : undefined));
    const sizes = await measured(
      text,
      parts.flatMap((spans) => spans ?? []),
      measure,
    );
    let next = 0;
    units = units.flatMap((unit, i) => {
      const spans = parts[i];
      if (spans === undefined) return [unit];
      next += spans.length;
      return sizes.slice(next - spans.length, next);
    });
  }
  return units;
}

async function measured(text: string, spans: readonly Span[], measure: Measure): Promise<Unit[]> {
  const sizes = await measure(spans.map(({ start, end }) => text.slice(start, end)));
  return spans.map((span, i) => ({ ...span, size: sizes[i]! }));
}

/** Joins units to chunks of at most `limit`, and not much more than `target`. */
function pack(
  text: string,
  units: readonly Unit[],
  sentences: readonly Unit[],
  { limit, overlap, target }: { limit: number; overlap: number; target: number },
): Span[] {
  const chunks: Span[] = [];
  let lastSentence = 0;
  for (let next = 0; next < units.length;) {
    let { start } = units[next]!;
    let filled = units[next]!.size;
    if (next > 0 && overlap > 0) {
      while (lastSentence + 1 < sentences.length && sentences[lastSentence + 1]!.start < start) lastSentence++;
      const carried = overlapBefore(text, sentences, lastSentence, start, overlap);
      start = carried.start;
      filled += carried.size;
    }
    let last = next;
    while (last + 1 < units.length && filled < target && filled + units[last + 1]!.size <= limit) {
      last++;
      filled += units[last]!.size;
    }
    const chunk = trim(text, { start, end: units[last]!.end });
    // What is new in it may be white space only.
    if (chunk.end > (chunks.at(-1)?.end ?? chunk.start)) chunks.push(chunk);
    next = last + 1;
  }
  return chunks;
}

/**
 * What a chunk repeats of the text before `end`: as many whole sentences as `overlap` has room for; where not even one
 * fits, as many words.
 * @param last the sentence that ends at `end` or contains it
 */
function overlapBefore(text: string, sentences: readonly Unit[], last: number, end: number, overlap: number): Unit {
  let start = end;
  let size = 0;
  for (let i = last; i >= 0; i--) {
    const sentence = sentences[i]!;
    const part = sizeUpTo(sentence, end);
    if (size + part > overlap) break;
    start = sentence.start;
    size += part;
  }
  if (size > 0) return { start, end, size };
  // Sizes of parts of a sentence are estimated by their share of its characters; all chunks are measured at the end.
  const sentence = sentences[last]!;
  const perCharacter = sentence.size / Math.max(1, sentence.end - sentence.start);
  for (const word of unitsOf(text, { start: sentence.start, end }, "word")) {
    const estimate = Math.ceil((end - word.start) * perCharacter);
    if (estimate <= overlap && word.start > sentence.start) return { start: word.start, end, size: estimate };
  }
  return { start: end, end, size: 0 };
}

function sizeUpTo(sentence: Unit, end: number): number {
  if (sentence.end <= end) return sentence.size;
  return Math.ceil((sentence.size * (end - sentence.start)) / (sentence.end - sentence.start));
}

function trim(text: string, { start, end }: Span): Span {
  while (start < end && /\s/.test(text[start]!)) start++;
  while (end > start && /\s/.test(text[end - 1]!)) end--;
  return { start, end };
}

/** The page and heading of the section in which a span begins. */
function placeOf(sections: readonly Section[], { start }: Span): Pick<Chunk, "page" | "heading"> {
  const section = sections.find((candidate) => start >= candidate.start && start < candidate.end);
  return {
    ...(section?.page === undefined ? {} : { page: section.page }),
    ...(section?.heading === undefined ? {} : { heading: section.heading }),
  };
}
