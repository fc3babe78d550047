/** The contract of what `create` can make. A new kind is one file and one line in `index.ts`. */
import type { Config } from "../../config/schema.js";
import type { Chunk, Document } from "../document.js";
import type { Engine } from "../engine/engine.js";
import type { Answers } from "../engine/journal.js";
import type { Prompt } from "../prompts.js";
import type { Item, Provenance } from "../records/record.js";
import type { Sizes } from "./sizing.js";

/** How many records of a document are wanted. */
export interface Amount {
  /** In all; absent when only `perChunk` counts. */
  total?: number;
  /** Of each chunk. */
  perChunk?: number;
}

/** One document being worked on. */
export interface Creation {
  document: Document;
  chunks: readonly Chunk[];
  engine: Engine;
  answers: Answers;
  config: Config;
  prompts: { main: Prompt; summary: Prompt };
  sizes: Sizes;
  amount: Amount;
  report: CreationReport;
}

/** What became of a document: everything that was not simply made is counted here. */
export interface CreationReport {
  document: string;
  characters: number;
  chunks: number;
  /** Records asked for; absent where there is no such number. */
  wanted?: number;
  made: number;
  /** Questions made again that were there already. */
  duplicates: number;
  /** Rounds of requests to make up for what was missing. */
  topUpRounds: number;
  /** Answers that were cut at the token limit and of which the complete records were kept. */
  cutAnswers: number;
  /** Requests without a usable answer, by reason. */
  failures: Record<string, number>;
}

export interface CreateType {
  name: string;
  /** What the file's name ends with: `{stem}{suffix}.json`. */
  suffix: string;
  promptName: Prompt["name"];
  description: string;
  /** How many records a document gives where the user does not say. */
  defaultAmount(config: Config): Amount;
  /** The records, as they are made; absent for kinds that are one whole, such as a summary. */
  items?(creation: Creation): AsyncGenerator<Item, void, undefined>;
  /** What the file holds, once all records are there. */
  content(creation: Creation, items: readonly Item[]): Promise<Record<string, unknown>>;
}

/** Where what was made from a chunk came from. */
export function provenanceOf(creation: Creation, chunk: Chunk, prompt: Prompt, seed: number): Provenance {
  const { document, engine } = creation;
  return {
    document: document.source,
    hash: document.hash,
    chunk: chunk.index,
    span: [chunk.start, chunk.end],
    ...(chunk.page === undefined ? {} : { page: chunk.page }),
    ...(chunk.heading === undefined ? {} : { heading: chunk.heading }),
    model: engine.backend.model.name,
    prompt: prompt.version,
    seed,
  };
}

/** The document as it is kept beside records, with the texts of the chunks that were used, so that a judge can read them. */
export function sourceOf({ document, chunks, engine }: Creation, used: ReadonlySet<number>): Record<string, unknown> {
  return {
    document: document.source,
    hash: document.hash,
    media_type: document.mediaType,
    characters: document.text.length,
    model: engine.backend.model,
    chunks: chunks.filter((chunk) => used.has(chunk.index)),
  };
}

export function countFailure(report: CreationReport, reason: string): void {
  report.failures[reason] = (report.failures[reason] ?? 0) + 1;
}
