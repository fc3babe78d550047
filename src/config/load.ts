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
  return tree;
}

function isTree(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sections are merged key by key; a key without a value leaves what is below. */
function merge(below: ConfigTree, above: ConfigTree): ConfigTree {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined || value === null) continue;
    const under = result[key];
    result[key] = isTree(under) && isTree(value) ? merge(under, value) : value;
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
    if (optionalKeys.has(name)) return [];
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
