/**
 * The contract of a check: what looks at records and says what is wrong with them. A new check is one file with one
 * value and one line in `checks.ts`, and its settings in `config/sections/curate.ts`.
 *
 * Records go through in batches of consecutive records: through the cheap checks of single records, then through the
 * checks of the whole set in the order of the input, then through the checks that may ask the model. What one check
 * drops, the next does not see. What is done with a problem is the user's choice (`curate.checks.<name>.action`); a
 * check only says what it found.
 */
import type { Embedder } from "../../backends/embedder.js";
import type { Config } from "../../config/schema.js";
import type { Engine } from "../engine/engine.js";
import type { Answers } from "../engine/journal.js";
import type { StoredRecord } from "../records/read.js";

/**
 * What is done with a record in which a check finds a problem. `off`: the check does not run. `mask`: the record goes
 * on as the check changed it; only for checks that can.
 */
export type CheckAction = "off" | "flag" | "drop" | "mask";

/** What can be written as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A record on its way through the checks. */
export interface Candidate {
  record: StoredRecord;
  /** The text it was made from; undefined where it is not known. */
  text: string | undefined;
  /** ISO 639-1 code of that text's language, else of the record's own; undefined where it cannot be told. */
  language: string | undefined;
  /** Its place among all records of the command, from 0. */
  position: number;
  /** The file it stands in, or the document it was made from, as messages name it. */
  source: string;
  /** Where answers about it are recorded. */
  answers: Answers;
}

/** What is wrong with a record. */
export interface Problem {
  /** Why, in words that are the same for all records with this problem: reasons are counted. */
  reason: string;
  /** What exactly, in this record: the phrase, the duplicate's place, the benchmark's item. */
  detail?: string;
  /** A matter of opinion: is flagged, never dropped, whatever the action. */
  mild?: boolean;
}

/** What a check says of a record. An empty object: nothing is wrong, and there is nothing to note. */
export interface Verdict {
  /** Several are all noted; the first that is not mild decides. */
  problems?: readonly Problem[];
  /** A number for the report's distribution, in the check's own unit. */
  score?: number;
  /** Written on the record as `quality.<name of the check>`. */
  note?: Json;
  /** Keys that are written on the record itself, as `rating` is. */
  fields?: Readonly<Record<string, Json>>;
  /** The record as it goes on from here, where the check changed it (masked something). */
  record?: StoredRecord;
  /** The text as it goes on from here, where the check changed that too. */
  text?: string;
  /** The record could not be looked at (the model's answers were of no use): why. It is dropped and counted apart. */
  failure?: string;
}

/** What a check may use; the same for all records of a command. */
export interface CheckContext {
  config: Config;
  /** Asks the model; undefined when no model is open, which is so only where no check that is on needs one. */
  engine: Engine | undefined;
  /** Opens the model that turns texts into vectors; absent where none is named. Who opens it closes it. */
  openEmbedder?: (() => Promise<Embedder>) | undefined;
  /** Something the user should know: once, not for each record. */
  warn: (text: string) => void;
  signal: AbortSignal | undefined;
}

/** A check at work, with what it keeps in mind. */
export interface Looker {
  /**
   * Looks at consecutive records. Checks of the set are called in order, one call at a time, each record once; other
   * checks must not keep anything, and may be called for several batches at once.
   * @returns a verdict for each, in the same order
   */
  look(batch: readonly Candidate[]): Promise<readonly Verdict[]> | readonly Verdict[];
  /** Told of each record that is kept in the end, in the order of the input. */
  kept?(record: StoredRecord, candidate: Candidate): void;
  /** What there is to say about all records so far, for the report. */
  summary?(): Json;
  /** Frees what the check holds. */
  close?(): Promise<void>;
}

export interface Check {
  /** The key in `curate.checks` and on records: `near_duplicates`. */
  name: CheckName;
  /** One line, for the report and for help. */
  description: string;
  /** `record`: looks at one record alone. `set`: compares records with those before them. */
  stage: "record" | "set";
  /** Whether it asks the model under these settings. Such checks come last, whatever their place in the list. */
  asksModel?(config: Config): boolean;
  /** Whether there is something to do under these settings, beside not being `off`; yes where absent. */
  applies?(config: Config): boolean;
  /**
   * Gets ready: reads files, builds tables.
   * @throws {InputError} {ConfigError} {UsageError} when its settings cannot be used; before any record is read
   */
  open(context: CheckContext): Promise<Looker> | Looker;
}

/** Names of checks: the keys of `curate.checks`. */
export type CheckName = keyof Config["curate"]["checks"];

/** A looker of a check that looks at one record after the other. */
export function eachRecord(look: (candidate: Candidate) => Verdict): Looker {
  return { look: (batch) => batch.map(look) };
}

/** The question and all that answers it: reasoning, the answer, later turns. */
export function answerText({ answer, reasoning, turns }: StoredRecord): string {
  if (turns !== undefined)
    return turns
      .filter(({ role }) => role === "assistant")
      .map(({ content }) => content)
      .join("\n\n");
  return reasoning === undefined || reasoning === "" ? answer : `${reasoning}\n\n${answer}`;
}

/** Everything a user would have said in a record: the question, and where it has turns the later ones too. */
export function questionText({ question, turns }: StoredRecord): string {
  if (turns === undefined) return question;
  return turns
    .filter(({ role }) => role === "user")
    .map(({ content }) => content)
    .join("\n\n");
}
