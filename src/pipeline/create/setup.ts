/** What a run of `create` needs that can be made and checked before a model is loaded. */
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { compilePrompt, type Prompt, promptWarnings, withExamples } from "../prompts.js";
import { type Examples, readExamples } from "./examples.js";
import type { Amount, CreateType } from "./type.js";

export interface Setup {
  prompts: { main: Prompt; summary: Prompt };
  /** The main prompt without the examples, for the arithmetic of the context. */
  bare: Prompt;
  examples: Examples | undefined;
  /** What the user should know and may go on with. */
  warnings: string[];
}

/** In-place llama.cpp has no part that sees. */
const blind: readonly Config["llm"]["provider"][] = ["llama-cpp"];

/**
 * Checks prompts, numbers, sizes and the file of examples.
 * @throws {UsageError} {ConfigError} {InputError} what would end the run later
 */
export async function setUp(config: Config, type: CreateType, amount?: Amount): Promise<Setup> {
  checkAmount(amount);
  checkChunks(config.generation);
  if (type.input === "documents" && type.seesPictures === true && blind.includes(config.llm.provider))
    throw blindness(type, `the provider ${config.llm.provider}`);
  const bare = compilePrompt(type.promptName, config.prompts[type.promptName]);
  const summary = compilePrompt("summary", config.prompts.summary);
  const { examples: file } = config.generation;
  if (file !== "" && type.input === "records")
    throw new UsageError(`--examples is for types that are made of documents, not for --type ${type.name}`, {
      remedy: "leave it out",
    });
  const examples =
    file === "" || type.input === "records" ? undefined : await readExamples(file, type.hasReasoning === true);
  const warnings = [bare, ...(type.promptName === "summary" || type.input === "records" ? [] : [summary])];
  return {
    prompts: { main: examples === undefined ? bare : withExamples(bare, examples.text), summary },
    bare,
    examples,
    warnings: warnings.flatMap(promptWarnings),
  };
}

/** What is said where the model cannot see. */
export function blindness(type: CreateType, who: string): UsageError {
  return new UsageError(`--type ${type.name} needs a model that sees pictures, and ${who} cannot`, {
    remedy:
      "use --provider llama-server with a vision model and llama-server.mmproj, --provider vllm with a vision model, or --provider api-endpoint with --api-base of a server that has one",
  });
}

function checkAmount(amount: Amount | undefined): void {
  for (const [flag, value] of [
    ["-n", amount?.total],
    ["--num-pairs-per-chunk", amount?.perChunk],
  ] as const)
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new UsageError(`${flag} ${value}: the number must be at least 1`, { remedy: "give a positive number" });
}

function checkChunks({ chunk_size, overlap, summary_overlap }: Config["generation"]): void {
  if (chunk_size === "auto") return;
  if (chunk_size.amount < 1) throw new UsageError("a chunk must hold at least 1", { remedy: "raise --chunk-size" });
  for (const [what, flag, length] of [
    ["overlap", "--chunk-overlap", overlap],
    ["summary_overlap", "generation.summary_overlap", summary_overlap],
  ] as const)
    if (length !== "auto" && length.amount >= chunk_size.amount)
      throw new UsageError(
        `the ${what} of chunks (${length.amount}) must be less than their size (${chunk_size.amount})`,
        { remedy: `lower ${flag} or raise --chunk-size` },
      );
}
