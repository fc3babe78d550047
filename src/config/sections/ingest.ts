/** How documents are read. */
import { z } from "zod";

/** As the recognition library names languages (ISO 639-2/T), some with a script: `eng`, `chi_sim`. */
const ocrLanguage = z.string().regex(/^[a-z]{3}(_[a-z]+)*$/, 'must be a code such as "eng" or "deu"');
const listOf = <T extends z.ZodType>(one: T) => z.union([one.transform((value) => [value]), z.array(one)]);

export const ingestSection = z.object({
  default_format: z.enum(["lance", "txt", "md"]),
  youtube_captions: z.enum(["auto", "manual"]),
  /** Empty: the video's own. */
  youtube_language: z.string().regex(/^([A-Za-z]{2,3}([-_][\w-]+)?)?$/, 'expected a code such as "en" or "pt-BR"'),
  /** Megabytes. */
  max_download: z.number().positive(),
  /** Seconds. */
  download_timeout: z.number().positive(),
  /** Seconds. */
  download_idle_timeout: z.number().positive(),
  /** Of rows: the columns that hold the text; empty: all. */
  columns: listOf(z.string().min(1)),
  ocr: z.boolean(),
  ocr_languages: listOf(ocrLanguage).refine((languages) => languages.length > 0, "must name at least one"),
  /** Links of web pages, books and office documents that keep their address. */
  links: z.enum(["absolute", "all", "none"]),
  workers: z.union([z.literal("auto"), z.int().min(0).max(256)]),
  /** Seconds. */
  timeout: z.number().positive(),
  /** Megabytes. */
  max_memory: z.int().min(64),
  /** Megabytes. */
  max_expanded: z.number().positive(),
  max_members: z.int().min(1),
  max_ratio: z.number().min(1),
  max_depth: z.int().min(0).max(16),
});

export type IngestSettings = z.output<typeof ingestSection>;

/** With recognition of characters a document may take this many times as long. */
export const ocrTimes = 10;
