/** Reads the configuration: defaults, over them a file, over it the environment, over it the command's flags. */
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { ConfigError } from "../errors.js";
import { fromEnvironment } from "./environment.js";
import { unknownKeys } from "./known-keys.js";
import { impliedProvider, translateOlderNames } from "./older-names.js";
import { type Config, configSchema } from "./schema.js";
import { type ConfigTree, isTree, leaves, merge, valueAt, withValue } from "./tree.js";
import { readYaml, type YamlFile } from "./yaml-file.js";

export type { ConfigTree } from "./tree.js";

const defaultsPath = fileURLToPath(new URL("../../configs/default.yaml", import.meta.url));

export interface LoadedConfig {
  config: Config;
  /** Keys of the file that are not known, are of an older layout or have no effect, one sentence each. */
  warnings: string[];
  /** All layers as one, before it was checked. */
  merged: ConfigTree;
  /** Where each value of `merged` comes from, by its dotted name: `default`, `my.yaml:12`, `SDK_BATCH_SIZE`. */
  origins: ReadonlyMap<string, string>;
}

export interface ConfigSources {
  /** A YAML file of the user's. */
  file?: string | undefined;
  /** Values of flags, in the shape of the file. They win over everything. */
  flags?: ConfigTree;
  environment?: NodeJS.ProcessEnv;
}

/** Values of one origin. */
interface Layer {
  tree: ConfigTree;
  originOf: (name: string) => string;
}

/**
 * @throws {ConfigError} when a file cannot be read or a value has the wrong type; the message names file, line, key and
 *   what is expected
 */
export async function loadConfig({
  file,
  flags = {},
  environment = process.env,
}: ConfigSources = {}): Promise<LoadedConfig> {
  const defaults = await readYaml(defaultsPath);
  const user = file === undefined ? undefined : userLayer(await readYaml(file));
  const variables = fromEnvironment(environment);
  const layers: Layer[] = [
    { tree: defaults.tree, originOf: () => "default" },
    ...(user === undefined ? [] : [user]),
    { tree: variables.tree, originOf: (name) => variables.from.get(name) ?? "environment" },
    { tree: flags, originOf: () => "command line" },
  ];
  const merged = wordsToBooleans(
    layers.reduce<ConfigTree>((below, { tree }) => merge(below, tree), {}),
    defaults.tree,
  );
  const origins = originsOf(layers, merged);
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) throw invalid(parsed.error, merged, origins);
  return { config: parsed.data, warnings: user?.warnings ?? [], merged, origins };
}

function userLayer(file: YamlFile): Layer & { warnings: string[] } {
  const { tree, nameInFile, notice } = translateOlderNames(file.tree);
  const place = (name: string) => {
    const line = file.lineOf(nameInFile(name));
    return line === undefined ? file.path : `${file.path}:${line}`;
  };
  const provider = impliedProvider(tree);
  return {
    tree: provider === undefined ? tree : merge(tree, { llm: { provider } }),
    originOf: (name) =>
      name === "llm.provider" && provider !== undefined ? place(`${provider}.api_base`) : place(name),
    warnings: [
      ...(notice === undefined ? [] : [`${file.path}: ${notice}`]),
      ...unknownKeys(tree, configSchema).map(({ name, text }) => `${place(name)}: ${text}`),
    ],
  };
}

function originsOf(layers: readonly Layer[], merged: ConfigTree): Map<string, string> {
  const origins = new Map<string, string>();
  for (const { tree, originOf } of layers)
    for (const [name] of leaves(tree)) {
      // A value that stands for a whole section is that section's action.
      const isSection = isTree(valueAt(merged, name));
      origins.set(isSection ? `${name}.action` : name, originOf(name));
    }
  return origins;
}

/** YAML 1.1, which other readers follow, has yes, no, on and off for true and false. */
function wordsToBooleans(tree: ConfigTree, defaults: ConfigTree): ConfigTree {
  let result = tree;
  for (const [name, value] of leaves(tree)) {
    if (typeof value !== "string" || typeof valueAt(defaults, name) !== "boolean") continue;
    const word = /^(?:(yes|on|y)|no|off|n)$/i.exec(value);
    if (word !== null) result = withValue(result, name, word[1] !== undefined);
  }
  return result;
}

function invalid(error: z.ZodError, merged: ConfigTree, origins: ReadonlyMap<string, string>): ConfigError {
  const problems = error.issues.map((issue) => {
    const name = issue.path.map(String).join(".");
    const given = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      merged,
    );
    // A section that is none is known by its own name; an element of a list by the list's.
    const key = [...origins.keys()].find((one) => one === name || name.startsWith(`${one}.`));
    const origin = key === undefined ? "" : `${origins.get(key) ?? ""}: `;
    return `${origin}${name}: ${readable(issue)}, not ${shown(given)}`;
  });
  return new ConfigError(problems.join("; "), {
    remedy: "see configs/default.yaml for what each key takes",
    cause: error,
  });
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What an issue expects, in words. */
function readable(issue: z.core.$ZodIssue): string {
  const messages = issue.code === "invalid_union" ? issue.errors.flat().map(({ message }) => message) : [];
  const own = messages.length === 0 ? [issue.message] : messages;
  const wanted = own.map((message) =>
    message
      .replace(/^(?:Invalid input|Invalid option|Too small|Too big|Invalid string): /, "")
      .replace(/, received .*$/, "")
      .replace(/^expected /, "")
      .replace(/^number to be /, "a number ")
      .replace(/^(?=number$|string$|boolean$|object$|array$)/, (_, at: number, all: string) => article(all.slice(at))),
  );
  return `expected ${[...new Set(wanted)].join(", or ")}`;
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? "an " : "a ";
}
