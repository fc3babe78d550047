/** Reads the configuration: defaults, over them a file, over it the environment, over it the command's flags. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse, YAMLParseError } from "yaml";
import type { z } from "zod";
import { ConfigError, messageOf } from "../errors.js";
import { type Config, configSchema, supersededKeys } from "./schema.js";

const defaultsPath = fileURLToPath(new URL("../../configs/default.yaml", import.meta.url));

export interface LoadedConfig {
  config: Config;
  /** Keys of the file that are not known or have no effect, one sentence each. */
  warnings: string[];
}

/** A part of a configuration, as a file has it. */
export type ConfigTree = { [key: string]: unknown };

export interface ConfigSources {
  /** A YAML file of the user's. */
  file?: string | undefined;
  /** Values of flags, in the shape of the file. They win over everything. */
  flags?: ConfigTree;
  environment?: NodeJS.ProcessEnv;
}

/**
 * @throws {ConfigError} when a file cannot be read or a value has the wrong type; the message names file and key
 */
export async function loadConfig({
  file,
  flags = {},
  environment = process.env,
}: ConfigSources = {}): Promise<LoadedConfig> {
  const defaults = await readYaml(defaultsPath);
  const user = file === undefined ? {} : await readYaml(file);
  const warnings = unknownKeys(user, defaults, file ?? "");
  const merged = [user, fromEnvironment(environment), flags].reduce<ConfigTree>(
    (below, above) => merge(below, above),
    defaults,
  );
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) throw invalid(parsed.error, file);
  return { config: parsed.data, warnings };
}

async function readYaml(file: string): Promise<ConfigTree> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot read the config file ${file}: ${messageOf(error)}`, {
      remedy: "check the path given with -c",
      cause: error,
    });
  }
  let tree: unknown;
  try {
    tree = parse(text) ?? {};
  } catch (error) {
    const line = error instanceof YAMLParseError ? ` (line ${error.linePos?.[0].line ?? "?"})` : "";
    throw new ConfigError(`${file} is not valid YAML${line}: ${messageOf(error).split("\n")[0] ?? ""}`, {
      remedy: "mend the file",
      cause: error,
    });
  }
  if (!isTree(tree))
    throw new ConfigError(`${file} is not a configuration: it must have sections such as "generation:"`, {
      remedy: "see configs/default.yaml",
    });
  return tree;
}

function fromEnvironment(environment: NodeJS.ProcessEnv): ConfigTree {
  const tree: ConfigTree = {};
  const key = environment["API_ENDPOINT_KEY"];
  if (key !== undefined && key !== "") tree["api-endpoint"] = { api_key: key };
  const vllmKey = environment["VLLM_API_KEY"];
  if (vllmKey !== undefined && vllmKey !== "") tree["vllm"] = { api_key: vllmKey };
  // A variable of synthetic-data-kit's: how many pairs are rated in one request, and how many requests at once.
  const batch = environment["SDK_BATCH_SIZE"];
  if (batch !== undefined && batch !== "") {
    if (!/^[1-9]\d*$/.test(batch))
      throw new ConfigError(`SDK_BATCH_SIZE is ${batch}: it must be a whole number from 1`, {
        remedy: "correct the environment variable, or unset it",
      });
    tree["curate"] = { batch_size: Number(batch), inference_batch: Number(batch) };
  }
  return tree;
}

function isTree(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tables whose keys are the user's own: one above replaces the one below as a whole. */
const replacedKeys = new Set(["curate.rubric"]);

/**
 * Sections are merged key by key; a key without a value leaves what is below. An action alone stands for the check's
 * section: `coherence: flag`.
 */
function merge(below: ConfigTree, above: ConfigTree, prefix = ""): ConfigTree {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined || value === null) continue;
    const under = result[key];
    const name = `${prefix}${key}`;
    if (isTree(under) && isTree(value) && !replacedKeys.has(name)) result[key] = merge(under, value, `${name}.`);
    else if (isTree(under) && "action" in under && !isTree(value)) result[key] = { ...under, action: value };
    else result[key] = value;
  }
  return result;
}

/** Known but optional: not in the defaults. */
const optionalKeys = new Set(["vllm.api_key"]);

function unknownKeys(tree: ConfigTree, known: ConfigTree, file: string, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const reason = supersededKeys[name];
    if (reason !== undefined) return [`${file}: ${name} has no effect: ${reason}`];
    if (optionalKeys.has(name) || replacedKeys.has(name)) return [];
    const below = known[key];
    if (below === undefined) {
      const inside = isTree(value) ? unknownKeys(value, {}, file, `${name}.`) : [];
      // A section that only holds keys known to have no effect is told key by key.
      if (inside.length > 0 && inside.every((warning) => warning.includes("has no effect"))) return inside;
      return [`${file}: the key ${name} is not known`];
    }
    return isTree(value) && isTree(below) ? unknownKeys(value, below, file, `${name}.`) : [];
  });
}

function invalid(error: z.ZodError, file: string | undefined): ConfigError {
  const problems = error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${readable(issue)}`);
  return new ConfigError(`${file === undefined ? "" : `${file}: `}${problems.join("; ")}`, {
    remedy: "see configs/default.yaml for what each key takes",
    cause: error,
  });
}

function readable(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  const inner = issue.errors.flat().map((one) => one.message.replace(/^Invalid input: /, ""));
  return inner.length === 0 ? issue.message : [...new Set(inner)].join(", or ");
}
