/** A sample of a file as a run of a task. */
import path from "node:path";
import { z } from "zod";
import { isObject } from "../records/chat.js";
import {
  type KilnDataSource,
  type KilnMessage,
  type KilnRun,
  newRun,
  type TaskFolder,
  valueProblem,
} from "../projects/index.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { jsonText } from "../schema/value-text.js";
import { recordedPath } from "../files/names.js";
import type { ImportedSample } from "./mapping.js";

/** Where a row stands. */
export interface Place {
  file: string;
  row: number;
}

/** What all runs of an import have in common. */
export interface ImportContext {
  task: TaskFolder;
  /** Seconds since 1970: runs of one import are known by it. */
  session: number;
  /** The user's own tags. */
  tags: readonly string[];
  createdBy: string;
}

/** Of records that were made from documents, by `quern create` and what came after it. */
const provenanceSchema = z.object({
  document: z.string().min(1),
  hash: z.string().optional(),
  row: z.number().optional(),
  chunk: z.number().optional(),
  span: z.tuple([z.number(), z.number()]).optional(),
  page: z.number().optional(),
  heading: z.string().optional(),
  model: z.string().min(1),
  provider: z.string().optional(),
  prompt: z.string().optional(),
  seed: z.number().optional(),
});

/** What made the pairs, as Kiln's files name it. */
const pairsAdapter = "quern_create";

/**
 * @returns the run, with what tells where it came from, and whether a text was put into a property of the task's schema;
 *   or why the task cannot take it
 */
export function runFrom(
  sample: ImportedSample,
  { task, session, tags, createdBy }: ImportContext,
  place: Place,
): { run: KilnRun; wrapped: ("input" | "output")[] } | string {
  const wrapped: ("input" | "output")[] = [];
  const texts: Record<"input" | "output", string> = { input: "", output: "" };
  for (const which of ["input", "output"] as const) {
    const fitted = fittedText(task, which, sample);
    if ("problem" in fitted) return fitted.problem;
    texts[which] = fitted.text;
    if (fitted.isWrapped) wrapped.push(which);
  }
  const made = madeFrom(sample.raw);
  const source = made ?? importSource(place);
  const kinds = made === undefined ? ["imported"] : ["synthetic", "qna"];
  const { reasoning, chain_of_thought } = sample;
  const run = newRun({
    input: texts.input,
    input_source: source,
    output: texts.output,
    source,
    intermediate_outputs:
      reasoning === undefined && chain_of_thought === undefined
        ? null
        : {
            ...(chain_of_thought === undefined ? {} : { chain_of_thought }),
            ...(reasoning === undefined ? {} : { reasoning }),
          },
    tags: [...new Set([...kinds, `imported_${session}`, ...sample.tags, ...tags])],
    trace: sample.turns === undefined ? null : sample.turns.map(messageOf),
    created_by: createdBy,
  });
  return { run, wrapped };
}

type Fitted = { text: string; isWrapped: boolean } | { problem: string };

function fittedText(task: TaskFolder, which: "input" | "output", { [which]: value, isPair }: ImportedSample): Fitted {
  const text = typeof value === "string" ? value : jsonText(value);
  const problem = valueProblem(task, which, text);
  if (problem === undefined) return { text, isWrapped: false };
  const say = (reason: string) => ({
    problem: `the ${which} does not comply with the task's ${which} schema: ${reason}`,
  });
  if (!isPair || typeof value !== "string") return say(problem);
  const inside = wrappedText(task, which, value);
  if (inside === undefined)
    return {
      problem: `the task's ${which} is structured, and a pair has one text for it; only a schema of one property that is a text can take it`,
    };
  const left = valueProblem(task, which, inside);
  return left === undefined ? { text: inside, isWrapped: true } : say(left);
}

/** The text in the only property of the schema, or as the text that the schema describes; undefined where there is no such. */
function wrappedText(task: TaskFolder, which: "input" | "output", text: string): string | undefined {
  const schema = parseTaskSchema(task.task[`${which}_json_schema`]!, which);
  if (!isObject(schema)) return undefined;
  if (schema["type"] === "string") return jsonText(text);
  const { properties } = schema;
  if (schema["type"] !== "object" || !isObject(properties)) return undefined;
  const [only, ...others] = Object.entries(properties);
  if (only === undefined || others.length > 0) return undefined;
  const [name, property] = only;
  return isObject(property) && property["type"] === "string" ? jsonText({ [name]: text }) : undefined;
}

/** Where a pair came from that a model made of a document; undefined for others. */
function madeFrom(raw: Readonly<Record<string, unknown>>): KilnDataSource | undefined {
  const found = provenanceSchema.safeParse(raw["provenance"]).data;
  if (found === undefined) return undefined;
  const { rating, rating_reason, question_type, difficulty } = raw;
  const given: Record<string, unknown> = {
    model_name: found.model,
    model_provider: found.provider || "quern",
    adapter_name: pairsAdapter,
    document: found.document,
    document_hash: found.hash,
    document_row: found.row,
    chunk: found.chunk,
    span_start: found.span?.[0],
    span_end: found.span?.[1],
    page: found.page,
    heading: found.heading,
    prompt: found.prompt,
    seed: found.seed,
    question_type,
    difficulty,
    judge_rating: rating,
    judge_reason: rating_reason,
  };
  return sourceOf("synthetic", given);
}

/** @param file its name alone is recorded, as in Kiln: folders are the user's */
function importSource({ file, row }: Place): KilnDataSource {
  return sourceOf("file_import", { file_name: path.basename(recordedPath(file)), row });
}

/** Kiln takes texts that are not empty, and numbers. */
function sourceOf(type: KilnDataSource["type"], given: Readonly<Record<string, unknown>>): KilnDataSource {
  const properties = Object.entries(given).filter(
    (entry): entry is [string, string | number] =>
      (typeof entry[1] === "string" && entry[1] !== "") || (typeof entry[1] === "number" && Number.isFinite(entry[1])),
  );
  return { type, properties: Object.fromEntries(properties), run_config_id: null, run_config: null };
}

function messageOf({
  role,
  content,
  tool_calls,
  tool_call_id,
}: NonNullable<ImportedSample["turns"]>[number]): KilnMessage {
  return {
    role,
    content,
    ...(tool_calls === undefined ? {} : { tool_calls }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
  };
}
