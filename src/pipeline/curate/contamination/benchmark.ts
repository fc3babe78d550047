/** Reads benchmarks piece by piece, whatever their shape: JSON, JSON Lines, CSV, TSV, plain text. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { parse as csvParser } from "csv-parse";
import { InputError, messageOf } from "../../../errors.js";
import { elementsOf, outlineOf } from "../../ingest/json-stream.js";

/** One question of a benchmark. */
export interface BenchmarkItem {
  /** From 1: its place in the file. */
  number: number;
  questions: string[];
  answers: string[];
}

const questionKeys =
  /^(?:question|query|prompt|instruction|problem|input|sentence\d?|premise|hypothesis|ctx|context_question|goal|text|stem|title|task|content)$/i;
const answerKeys =
  /^(?:answers?|output|solution|response|completion|target|targets|correct_answers?|best_answer|canonical_solution|final_answer|choices|options|endings|reference|references|label_text)$/i;
/** JSON of another shape than a list is read at once, up to so many bytes. */
const mostBytes = 256 * 1024 * 1024;

/**
 * @throws {InputError} when the file cannot be read or has no text in it
 */
export async function* readBenchmark(file: string): AsyncGenerator<BenchmarkItem, void, undefined> {
  let number = 0;
  let found = 0;
  try {
    for await (const value of valuesOf(file)) {
      number++;
      const item = itemOf(value, number);
      if (item === undefined) continue;
      found++;
      yield item;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new InputError(
      missing ? `${file}: not found` : `the benchmark ${file} cannot be read: ${messageOf(error).split("\n")[0] ?? ""}`,
      { remedy: "give JSON, JSON Lines, CSV or plain text", cause: error },
    );
  }
  if (found === 0)
    throw new InputError(`the benchmark ${file} has no text in it`, {
      remedy: "give JSON, JSON Lines, CSV or plain text with questions in it",
    });
}

async function* valuesOf(file: string): AsyncGenerator<unknown, void, undefined> {
  const text = () => createReadStream(file, { encoding: "utf8" }) as AsyncIterable<string>;
  switch (path.extname(file).toLowerCase()) {
    case ".json": {
      const outline = await outlineOf(text());
      if (outline.kind === "lines") yield* lines(file, true);
      else if (outline.kind === "list")
        for await (const element of elementsOf(text(), outline.key)) {
          // Articles with paragraphs with questions, or a table's row.
          const inner = [...within(element)];
          yield* inner.length > 0 ? inner : [element];
        }
      else yield* within(await whole(file));
      return;
    }
    case ".jsonl":
    case ".ndjson":
      yield* lines(file, true);
      return;
    case ".csv":
    case ".tsv": {
      const delimiter = file.toLowerCase().endsWith(".tsv") ? "\t" : [",", ";", "\t"];
      const rows = createReadStream(file).pipe(
        csvParser({ columns: true, bom: true, delimiter, relax_column_count: true, relax_quotes: true }),
      );
      yield* rows as AsyncIterable<unknown>;
      return;
    }
    default:
      yield* lines(file, false);
  }
}

async function whole(file: string): Promise<unknown> {
  const { size } = await stat(file);
  if (size > mostBytes)
    throw new InputError(`${file} is larger than ${mostBytes / 2 ** 20} MiB and is no list of questions`, {
      remedy: "give it as JSON Lines, a question per line",
    });
  return JSON.parse((await readFile(file, "utf8")).replace(/^\uFEFF/, ""));
}

async function* lines(file: string, isJson: boolean): AsyncGenerator<unknown, void, undefined> {
  let number = 0;
  for await (const line of readline.createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number++;
    const said = line.replace(/^\uFEFF/, "").trim();
    if (said === "") continue;
    if (!isJson) {
      yield said;
      continue;
    }
    try {
      yield JSON.parse(said);
    } catch (error) {
      throw new InputError(`the benchmark ${file} is not JSON Lines: line ${number}: ${messageOf(error)}`, {
        remedy: "mend the file, or give it as .txt with a question per line",
        cause: error,
      });
    }
  }
}

/** The questions that are anywhere in a value, as in SQuAD's articles and paragraphs. */
function* within(value: unknown): Generator<unknown, void, undefined> {
  if (Array.isArray(value)) for (const one of value) yield* typeof one === "string" ? [one] : within(one);
  else if (isObject(value)) {
    if (
      Object.entries(value).some(([key, one]) => questionKeys.test(key) && typeof one === "string" && key !== "title")
    )
      yield value;
    else for (const one of Object.values(value)) if (typeof one === "object") yield* within(one);
  }
}

function itemOf(value: unknown, number: number): BenchmarkItem | undefined {
  if (!isObject(value)) {
    const questions = textsOf(value);
    return questions.length === 0 ? undefined : { number, questions, answers: [] };
  }
  const entries = Object.entries(value);
  const of = (keys: RegExp) => entries.filter(([key]) => keys.test(key)).flatMap(([, one]) => textsOf(one));
  const turns = entries
    .filter(([key]) => key === "messages" || key === "conversations")
    .flatMap(([, one]) => textsOf(one));
  const answers = of(answerKeys);
  let questions = [...of(questionKeys), ...turns];
  // A table of whose columns none is known: all of them.
  if (questions.length === 0 && answers.length === 0) questions = entries.flatMap(([, one]) => textsOf(one));
  return questions.length === 0 && answers.length === 0 ? undefined : { number, questions, answers };
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (isObject(value)) return Object.values(value).flatMap(textsOf);
  return [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
