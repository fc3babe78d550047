/** Options and their values: what a command line may say, checked before anything heavy is loaded. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseChunkLength } from "../config/lengths.js";
import { providers } from "../config/providers.js";

/** Options that every command has. */
export interface CommonOptions {
  config?: string | undefined;
  verbose?: boolean;
  quiet?: boolean;
  json?: boolean;
}

export interface ModelOptions {
  model?: string;
  apiBase?: string;
  provider?: string;
  seed?: number;
}

/** For an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text.trim())) throw new InvalidArgumentError("it must be a whole number.");
  return Number(text);
}

export function atLeastOne(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError("it must be at least 1.");
  return value;
}

/** Far beyond what a document gives; more would only be a slip that fills the memory with requests. */
const mostRecords = 100_000;

export function recordCount(text: string): number {
  const value = atLeastOne(text);
  if (value > mostRecords) throw new InvalidArgumentError(`it must be at most ${mostRecords}.`);
  return value;
}

export function notNegative(text: string): number {
  const value = integer(text);
  if (value < 0) throw new InvalidArgumentError("it must not be negative.");
  return value;
}

export function rating(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 1 || value > 10)
    throw new InvalidArgumentError("it must be a rating from 1 to 10.");
  return value;
}

export function chunkLength(text: string): string {
  if (text !== "auto" && parseChunkLength(text) === undefined)
    throw new InvalidArgumentError('it must be a number of characters, or for example "512 tokens".');
  return text;
}

export function addModelOptions(command: Command): Command {
  return command
    .option("-m, --model <model>", "a GGUF file, a folder of safetensors, a stored model, or its name on the server")
    .addOption(new Option("--provider <provider>", "what runs the model (default: by its format)").choices(providers))
    .option("--api-base <url>", "address of an OpenAI-compatible server; several with commas")
    .option("--seed <n>", "what all random choices are made from", integer);
}

export function addChunkOptions(command: Command): Command {
  return command
    .option(
      "--chunk-size <size>",
      'characters, or with a unit: "512 tokens" (default: sized to the model)',
      chunkLength,
    )
    .option("--chunk-overlap <size>", "how much of a chunk's end the next repeats, in the same unit", chunkLength);
}

/** Options of the commands that make records, beside chunks and model. */
export interface RecordOptions {
  questionTypes?: string;
  difficulty?: string;
  language?: string;
  examples?: string;
}

export function addRecordOptions(command: Command): Command {
  return command
    .option("--question-types <types>", 'what is asked for, with shares: "what,how:2"; none leaves it to the model')
    .option("--difficulty <levels>", 'easy, medium, hard, with shares: "easy,hard:2" (default: any)')
    .option("--language <code>", "of the records: auto for that of each document, de, fr, any (default: auto)")
    .option("--examples <file>", "pairs that show the model what is wanted: JSON or JSON Lines");
}

/** The flags as a part of the configuration. */
export function modelFlags(
  options: ModelOptions & RecordOptions & { chunkSize?: string; chunkOverlap?: string },
): Record<string, unknown> {
  const { model, apiBase, provider, seed, chunkSize, chunkOverlap } = options;
  const { questionTypes, difficulty, language, examples } = options;
  const server = { ...(model === undefined ? {} : { model }), ...(apiBase === undefined ? {} : { api_base: apiBase }) };
  return {
    // An address without a provider can only mean a server.
    llm: { provider: provider ?? (apiBase === undefined ? undefined : "api-endpoint") },
    "llama-cpp": { model },
    vllm: server,
    "api-endpoint": server,
    generation: {
      seed,
      chunk_size: chunkSize,
      overlap: chunkOverlap,
      // A size on the command line is meant, whatever a file says of documents that are read in one piece.
      processing_strategy: chunkSize === undefined || chunkSize === "auto" ? undefined : "chunking",
      question_types: questionTypes,
      difficulty,
      language,
      examples,
    },
  };
}
