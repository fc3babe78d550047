/** Captions of a video as text: paragraphs, and sections by its chapters or its minutes. */
import type { ParsedDocument, Section } from "../../document.js";
import { cleanText } from "../clean.js";

/** What is said from a moment on. */
export interface Cue {
  /** Milliseconds from the video's start. */
  start: number;
  /** One line. */
  text: string;
}

export interface Chapter {
  /** Milliseconds. */
  start: number;
  title: string;
}

/**
 * The cues of YouTube's own caption format, json3: events with a time and segments of text.
 *
 * @param json as the server sends it
 * @returns undefined when it is not in that format
 */
export function cuesOf(json: string): Cue[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { events } = (value ?? {}) as { events?: unknown };
  if (!Array.isArray(events)) return undefined;
  return events.flatMap((event: { tStartMs?: unknown; segs?: unknown }): Cue[] => {
    if (!Array.isArray(event.segs)) return [];
    const text = event.segs.map((segment: { utf8?: unknown }) =>
      typeof segment.utf8 === "string" ? segment.utf8 : "",
    );
    const line = cleanText(text.join("")).replace(/\s+/g, " ").trim();
    return line === "" ? [] : [{ start: Number(event.tStartMs ?? 0) || 0, text: line }];
  });
}

/** At the start of a line of a description: `0:00 Intro`, `(1:02:03) - The end`. */
const stamp = /^\W{0,3}(?:(\d{1,2}):)?(\d{1,2}):(\d{2})\W*\s+[-–—:|]?\s*(\S.*)$/u;

/**
 * The chapters that a description names, by YouTube's own rules: at least three times in order, the first of them 0:00.
 *
 * @returns none where it does not
 */
export function chaptersIn(description: string): Chapter[] {
  const chapters = description.split("\n").flatMap((line): Chapter[] => {
    const match = stamp.exec(line.trim());
    if (match === null) return [];
    const [, hours = "0", minutes, seconds, title] = match;
    const start = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return [{ start, title: cleanText(title!).trim() }];
  });
  const inOrder = chapters.every(({ start }, index) => index === 0 || start > chapters[index - 1]!.start);
  return chapters.length >= 3 && chapters[0]!.start === 0 && inOrder ? chapters : [];
}

/** Milliseconds of silence: after a short one a paragraph may end, after a long one it does. */
const pause = { short: 2_500, long: 10_000 };
/** Characters from which a paragraph ends with a sentence, and from which it ends anyway: machines write no full stops. */
const paragraph = { least: 400, most: 900 };
const minute = 60_000;

/**
 * Writes a transcript: title and channel, then what is said.
 *
 * @param cues in order, at least one
 * @param chapters may be none: then each minute is a section
 */
export function transcript(
  { title, channel }: { title: string; channel: string },
  cues: readonly Cue[],
  chapters: readonly Chapter[],
): Pick<ParsedDocument, "text" | "sections"> {
  let text = `# ${title}\n\n${channel === "" ? "" : `Channel: ${channel}\n\n`}`;
  const sections: Section[] = [{ start: 0, end: text.length, heading: title }];
  let part = -1;
  for (const { start, text: words } of paragraphsOf(cues, chapters)) {
    const next = partAt(start, chapters);
    if (next !== part) {
      part = next;
      const chapter = chapters[next];
      const heading = chapter === undefined ? clock(next * minute) : `${clock(chapter.start)} ${chapter.title}`;
      sections.push({ start: text.length, end: text.length, heading });
      if (chapter !== undefined) text += `## ${chapter.title}\n\n`;
    }
    text += `${words}\n\n`;
    sections.at(-1)!.end = text.length;
  }
  text = text.trimEnd();
  sections.at(-1)!.end = text.length;
  return { text, sections };
}

/** The number of the chapter, or of the minute, that a moment is in. */
function partAt(start: number, chapters: readonly Chapter[]): number {
  if (chapters.length === 0) return Math.floor(start / minute);
  return Math.max(
    0,
    chapters.findLastIndex((chapter) => chapter.start <= start),
  );
}

function paragraphsOf(cues: readonly Cue[], chapters: readonly Chapter[]): Cue[] {
  const paragraphs: Cue[] = [];
  let last = -Infinity;
  for (const { start, text } of cues) {
    const open = paragraphs.at(-1);
    const isLong = (open?.text.length ?? 0) >= paragraph.most;
    const isDone = (open?.text.length ?? 0) >= paragraph.least && /[.?!。？！…]["”’)]?$/u.test(open!.text);
    const isNew = chapters.length > 0 && open !== undefined && partAt(open.start, chapters) !== partAt(start, chapters);
    const mayEnd = (open?.text.length ?? 0) >= paragraph.least / 2;
    const isAfterPause = start - last > (mayEnd ? pause.short : pause.long);
    if (open === undefined || isLong || isDone || isNew || isAfterPause) paragraphs.push({ start, text });
    else open.text += ` ${text}`;
    last = start + text.length * 60;
  }
  return paragraphs;
}

/** A moment as players show it: `3:05`, `1:03:05`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
