/** The contract of what `create` can make. A new kind is one file and one line in `index.ts`. */
import type { Config } from "../../config/schema.js";
import type { Chunk, Document } from "../document.js";
import type { Engine } from "../engine/engine.js";
import type { Answers } from "../engine/journal.js";
import type { Prompt } from "../prompts.js";
import type { Item, Provenance } from "../records/record.js";
import type { ChatTurn, StoredRecord } from "../records/read.js";
import type { Examples } from "./examples.js";
import type { PlanReport } from "./question-plan.js";
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
  /** Pairs that show the model what is wanted; they are in `prompts.main` already. */
  examples?: Examples | undefined;
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
  /** Questions made again that were there already, or nearly. */
  duplicates: number;
  /** Records that repeat one of the examples. */
  copied: number;
  /** Records with a text that says nothing. */
  empty: number;
  /** Records in another language than was wanted. */
  otherLanguage: number;
  /** Question types and difficulties: how many were asked for, and how many there are. */
  mix?: PlanReport;
  /** Pictures that the model saw, and those it could not be shown, by reason. */
  pictures?: { used: number; leftOut: Record<string, number> };
  /** Chunks that were not asked about, as they have no pictures. */
  chunksWithoutPictures?: number;
  /** Characters at the end of the document that its summary leaves out. */
  notSummarized?: number;
  /** Rounds of requests to make up for what was missing. */
  topUpRounds: number;
  /** Answers that were cut at the token limit and of which the complete records were kept. */
  cutAnswers: number;
  /** Requests without a usable answer, by reason. */
  failures: Record<string, number>;
}

interface TypeOfRecords {
  name: string;
  /** What the file's name ends with: `{stem}{suffix}.json`. */
  suffix: string;
  promptName: Prompt["name"];
  description: string;
}

/** Makes records of documents. */
export interface DocumentType extends TypeOfRecords {
  input: "documents";
  /** Whether the model is shown the pictures of documents. */
  seesPictures?: boolean;
  /** Whether records have reasoning, so that examples need it too. */
  hasReasoning?: boolean;
  /** How many records a document gives where the user does not say. */
  defaultAmount(config: Config): Amount;
  /** The records, as they are made; absent for kinds that are one whole, such as a summary. */
  items?(creation: Creation): AsyncGenerator<Item, void, undefined>;
  /** The lists of the file, and how a record stands in each; the first is the one that others read. */
  lists: Readonly<Record<string, (item: Item) => unknown>>;
  /** What stands beside the records of a document, or is all there is. */
  head(creation: Creation): Promise<Record<string, unknown>>;
}

/** One file of records being worked on. */
export interface Enhancement {
  engine: Engine;
  answers: Answers;
  config: Config;
  prompt: Prompt;
  /** Most tokens of an answer. */
  answerTokens: number;
}

/** What became of a record: `made` and `left` as they are meant to be, `failed` as it was, with the reason. */
export interface Enhanced {
  state: "made" | "left" | "failed";
  /** Why it was left as it is, or what went wrong. */
  reason?: string;
  /** The record as it is written: with what was added, or as it was. */
  record: Record<string, unknown>;
  /** Its conversation, for pairs too. */
  turns: readonly ChatTurn[];
}

/** Adds something to records that there are. */
export interface RecordsType extends TypeOfRecords {
  input: "records";
  /** How many records of a file are worked on where the user does not say; undefined: all. */
  defaultCount(config: Config): number | undefined;
  /** The list of pairs in the file, for records that are pairs; conversations are in `conversations`. */
  pairsKey: string;
  /** Why a record is not worked on, or undefined where it is. */
  leave(record: StoredRecord): string | undefined;
  enhance(enhancement: Enhancement, record: StoredRecord): Promise<Enhanced>;
}

/** Everything `create --type` can make, by what it is made of. */
export type CreateType = DocumentType | RecordsType;

/** Where what was made from a chunk came from. */
export function provenanceOf(creation: Creation, chunk: Chunk, prompt: Prompt, seed: number): Provenance {
  const { document, engine } = creation;
  return {
    document: document.source,
    hash: document.hash,
    ...(document.row === undefined ? {} : { row: document.row }),
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
