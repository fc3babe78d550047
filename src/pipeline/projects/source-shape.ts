/**
 * Whether a source is one as Kiln reads it, and the settings that a model was run with.
 * Source: kiln_ai/datamodel/task_output.py, run_config.py, prompt_id.py, datamodel_enums.py (kiln-ai 1.1.0).
 */
import { laxNumber } from "./base.js";
import { isAbsent, isObject, isTextOrAbsent, type Raw, shown } from "./raw.js";

const sourceTypes: readonly unknown[] = ["human", "synthetic", "file_import", "tool_call"];

interface PropertyRule {
  neededFor?: string;
  allowedFor: string;
}

/** Properties that only one type of source has. They are texts. */
const rules: Readonly<Record<string, PropertyRule>> = {
  created_by: { neededFor: "human", allowedFor: "human" },
  model_name: { neededFor: "synthetic", allowedFor: "synthetic" },
  model_provider: { neededFor: "synthetic", allowedFor: "synthetic" },
  adapter_name: { neededFor: "synthetic", allowedFor: "synthetic" },
  prompt_builder_name: { allowedFor: "synthetic" },
  prompt_id: { allowedFor: "synthetic" },
  file_name: { neededFor: "file_import", allowedFor: "file_import" },
};
const ruled = Object.entries(rules);

/** @returns what Kiln would refuse of a source, or undefined */
export function sourceProblem(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return `"${where}" is no object`;
  const { type, properties = {}, run_config_id: configId, run_config: config } = value;
  if (!sourceTypes.includes(type)) return `"${where}.type" is ${shown(type)}, not one of ${sourceTypes.join(", ")}`;
  if (!isObject(properties)) return `"${where}.properties" is no object`;
  for (const name in properties) {
    const property = properties[name];
    if (property === "") return `"${where}.properties.${name}" is empty`;
    const kind = typeof property;
    if (kind !== "string" && kind !== "number" && kind !== "boolean")
      return `"${where}.properties.${name}" is no text or number`;
  }
  for (const [name, { neededFor, allowedFor }] of ruled) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) {
      if (neededFor === type) return `"${where}" is ${neededFor} and has no "${name}"`;
    } else if (allowedFor !== type) return `"${where}" is ${shown(type)} and must not have "${name}"`;
    else if (typeof property !== "string") return `"${where}.properties.${name}" is no text`;
  }
  if (!isTextOrAbsent(configId)) return `"${where}.run_config_id" is no text`;
  return isAbsent(config) ? undefined : runConfigProblem(config, `${where}.run_config`);
}

const providers = new Set<unknown>(
  (
    "openai groq amazon_bedrock ollama openrouter fireworks_ai kiln_fine_tune kiln_custom_registry openai_compatible " +
    "anthropic gemini_api azure_openai huggingface vertex together_ai siliconflow_cn cerebras docker_model_runner featherless_ai"
  ).split(" "),
);
const outputModes = new Set<unknown>(
  (
    "default json_schema function_calling_weak function_calling json_mode json_instructions " +
    "json_instruction_and_object json_custom_instructions unknown"
  ).split(" "),
);
const promptGenerators = new Set(
  ["simple", "multi_shot", "few_shot", "repairs", "simple_chain_of_thought", "few_shot_chain_of_thought"]
    .concat("multi_shot_chain_of_thought")
    .map((name) => `${name}_prompt_builder`),
);

/** @returns whether a text names a prompt as Kiln does */
export function isPromptId(text: string): boolean {
  const parts = text.split("::");
  switch (parts[0]) {
    case "id":
      return parts.length === 2 && parts[1] !== "";
    case "task_run_config":
      return parts.length === 4;
    case "fine_tune_prompt":
      return parts.length === 4 && parts[3] !== "";
    default:
      return promptGenerators.has(text);
  }
}

/** @returns what Kiln would refuse of the settings that a model was run with, or undefined */
export function runConfigProblem(value: unknown, where: string): string | undefined {
  if (!isObject(value)) return `"${where}" is no object`;
  const { type = "kiln_agent" } = value;
  if (type === "mcp") return isObject(value["tool_reference"]) ? undefined : `"${where}.tool_reference" is missing`;
  if (type !== "kiln_agent") return `"${where}.type" is ${shown(type)}`;
  if (typeof value["model_name"] !== "string") return `"${where}.model_name" is no text`;
  const { model_provider_name: provider, structured_output_mode: mode, prompt_id: prompt } = value;
  if (!providers.has(provider)) return `"${where}.model_provider_name" is ${shown(provider)}, which Kiln does not know`;
  if (!outputModes.has(mode)) return `"${where}.structured_output_mode" is ${shown(mode)}, which Kiln does not know`;
  if (typeof prompt !== "string" || !isPromptId(prompt))
    return `"${where}.prompt_id" is ${shown(prompt)}, which names no prompt of Kiln's`;
  return samplingProblem(value, where);
}

function samplingProblem(config: Raw, where: string): string | undefined {
  for (const [name, most] of [
    ["top_p", 1],
    ["temperature", 2],
  ] as const) {
    const given = config[name];
    if (given === undefined) continue;
    const number = laxNumber(given);
    if (number === undefined || number < 0 || number > most) return `"${where}.${name}" is not from 0 to ${most}`;
  }
  const { thinking_level: level, tools_config: tools, input_transform: transform } = config;
  if (!isTextOrAbsent(level) || level?.trim() === "") return `"${where}.thinking_level" is no text`;
  if (!isAbsent(tools) && !(isObject(tools) && isTexts(tools["tools"])))
    return `"${where}.tools_config" is no list of tools`;
  if (!isAbsent(transform) && !(isObject(transform) && typeof transform["template"] === "string"))
    return `"${where}.input_transform" has no template`;
  return undefined;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
