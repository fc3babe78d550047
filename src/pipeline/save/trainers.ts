/**
 * Files that tell trainers how to read a dataset: LLaMA-Factory's `dataset_info.json` (format: data/README.md of
 * LLaMA-Factory) and the part of an Axolotl configuration that names datasets (format: its documentation of
 * conversation and instruction datasets).
 */
import { UsageError } from "../../errors.js";
import { stringify } from "yaml";
import type { SaveFormat } from "./format.js";
import type { SaveStorage } from "./storage.js";

export const trainerNames = ["llama-factory", "axolotl"] as const;
export type TrainerName = (typeof trainerNames)[number];

/**
 * @param text names with commas between them, `auto` or `none`
 * @throws {UsageError} naming the trainers there are
 */
export function trainersNamed(text: string): readonly TrainerName[] | "auto" {
  if (text === "auto") return "auto";
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "none");
  for (const name of names)
    if (!(trainerNames as readonly string[]).includes(name))
      throw new UsageError(`unknown trainer "${name}"`, {
        remedy: `use --trainer ${trainerNames.join(",")}, auto or none`,
      });
  return names as TrainerName[];
}

/** What is told to trainers. */
export interface TrainerInput {
  /** The dataset's name. */
  name: string;
  format: SaveFormat;
  storage: SaveStorage;
  /** The one data file of each split, relative to the folder that the trainer's file describes. */
  files: ReadonlyMap<string, string>;
  /** Whether the records are conversations as they stood in their file, in whatever shape. */
  hasForeignShape: boolean;
  /** Whether records have a key for the system text, or descriptions of tools. */
  hasSystem: boolean;
  hasTools: boolean;
}

/** Why a trainer cannot read the dataset; undefined where it can. */
export function unreadable({ format, storage, hasForeignShape }: TrainerInput): string | undefined {
  if (format.shape === "other") return `no trainer's file tells how to read the format ${format.name}`;
  if (storage.dataType === undefined) return `no trainer reads the storage ${storage.name}`;
  if (hasForeignShape) return "conversations are saved as they stood in their files; use another format";
  return undefined;
}

/** An entry of LLaMA-Factory's `dataset_info.json` for each split, by the name it is used by. */
export function llamaFactoryEntries(input: TrainerInput): Record<string, unknown> {
  const base = input.name.replace(/[^\p{L}\p{N}_-]+/gu, "_");
  return Object.fromEntries(
    [...input.files].map(([split, file]) => [
      input.files.size === 1 ? base : `${base}_${split}`,
      { file_name: file, ...llamaFactoryShape(input) },
    ]),
  );
}

function llamaFactoryShape({ format, hasSystem, hasTools }: TrainerInput): Record<string, unknown> {
  const tools = hasTools ? { tools: "tools" } : {};
  switch (format.shape) {
    case "pairs":
      return { formatting: "alpaca", columns: { prompt: "question", response: "answer" } };
    case "alpaca":
      return {
        formatting: "alpaca",
        columns: {
          prompt: "instruction",
          query: "input",
          response: "output",
          ...(hasSystem ? { system: "system" } : {}),
        },
      };
    case "sharegpt":
      return {
        formatting: "sharegpt",
        columns: { messages: "conversations", ...tools },
        tags: {
          role_tag: "from",
          content_tag: "value",
          user_tag: "human",
          assistant_tag: "gpt",
          observation_tag: "observation",
          function_tag: "function_call",
          system_tag: "system",
        },
      };
    case "messages":
    case "conversations":
      return {
        formatting: "sharegpt",
        columns: { messages: format.shape },
        tags: {
          role_tag: "role",
          content_tag: "content",
          user_tag: "user",
          assistant_tag: "assistant",
          system_tag: "system",
        },
      };
    // Never asked for: there is nothing to tell.
    case "other":
      return {};
  }
}

/** Splits that a trainer looks at while it trains. */
const watched = /^(validation|valid|val|dev|eval)$/;

/** The part of an Axolotl configuration that names the dataset. */
export function axolotlYaml(input: TrainerInput): string {
  const entryOf = (file: string) => ({ path: file, ds_type: input.storage.dataType, ...axolotlShape(input) });
  const names = [...input.files.keys()];
  const training = names.includes("train") ? "train" : names[0]!;
  const evaluation = names.filter((name) => watched.test(name) && name !== training);
  const left = names.filter((name) => name !== training && !evaluation.includes(name));
  const config = {
    datasets: [entryOf(input.files.get(training)!)],
    ...(evaluation.length > 0
      ? { test_datasets: evaluation.map((name) => ({ ...entryOf(input.files.get(name)!), split: "train" })) }
      : {}),
  };
  return [
    "# A part of an Axolotl configuration. Paths are as seen from this folder.",
    ...left.map((name) => `# Left for after the training: ${input.files.get(name)!}`),
    stringify(config, { lineWidth: 0 }),
  ].join("\n");
}

function axolotlShape({ format }: TrainerInput): Record<string, unknown> {
  switch (format.shape) {
    case "pairs":
      return {
        type: {
          system_prompt: "",
          field_instruction: "question",
          field_output: "answer",
          format: "{instruction}",
          no_input_format: "{instruction}",
        },
      };
    case "alpaca":
      return { type: "alpaca" };
    case "sharegpt":
      return {
        type: "chat_template",
        field_messages: "conversations",
        message_property_mappings: { role: "from", content: "value" },
        roles: { system: ["system"], user: ["human"], assistant: ["gpt", "function_call"], tool: ["observation"] },
      };
    case "messages":
    case "conversations":
      return {
        type: "chat_template",
        field_messages: format.shape,
        message_property_mappings: { role: "role", content: "content" },
      };
    case "other":
      return {};
  }
}
