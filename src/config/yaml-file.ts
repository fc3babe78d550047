/** Reads a configuration from a YAML file, with the lines that its keys stand in. */
import { readFile } from "node:fs/promises";
import { isMap, isScalar, LineCounter, parseDocument, type Node } from "yaml";
import { ConfigError, messageOf } from "../errors.js";
import { type ConfigTree, isTree } from "./tree.js";

export interface YamlFile {
  path: string;
  tree: ConfigTree;
  /** The line, from 1, where the key of a dotted name stands; undefined where the file does not have it. */
  lineOf: (name: string) => number | undefined;
}

/**
 * @param path of a file in UTF-8, or in UTF-16 with a byte order mark as some editors write; any locale
 * @returns its tree, empty where the file holds nothing but comments
 * @throws {ConfigError} when it cannot be read, is no YAML or no configuration
 */
export async function readYaml(path: string): Promise<YamlFile> {
  const { value = {}, lineOf } = parseYaml(await textOf(path), path);
  if (!isTree(value))
    throw new ConfigError(`${path} is not a configuration: it must have sections such as "generation:"`, {
      remedy: "see configs/default.yaml",
    });
  return { path, tree: value, lineOf };
}

/**
 * @param path of the file that the text is of, for messages
 * @returns what the text holds, undefined where it holds nothing but comments
 * @throws {ConfigError} when it is no YAML
 */
export function parseYaml(text: string, path: string): { value: unknown; lineOf: YamlFile["lineOf"] } {
  const lines = new LineCounter();
  // The merge key `<<` and repeated anchors are common in files made for other YAML readers.
  const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? "?";
    throw new ConfigError(`${path} is not valid YAML (line ${line}): ${error.message.split("\n")[0] ?? ""}`, {
      remedy: "mend the file; text with a colon or a brace at its start belongs in quotes",
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = document.toJS() ?? undefined;
  } catch (cause) {
    // Aliases that would multiply without end, or that point nowhere.
    throw new ConfigError(`${path} is not valid YAML: ${messageOf(cause)}`, { remedy: "mend the file", cause });
  }
  return { value, lineOf: (name) => lineOf(document.contents, name, lines) };
}

async function textOf(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new ConfigError(`cannot read the config file ${path}: ${messageOf(error)}`, {
      remedy: "check the path given with -c",
      cause: error,
    });
  }
  return decodeText(bytes, path);
}

/**
 * @param bytes of a text in UTF-8, or in UTF-16 with a byte order mark
 * @param path of the file, for messages
 * @throws {ConfigError} when they are no such text
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError(`${path} is not text in UTF-8`, { remedy: "save it as UTF-8", cause });
  }
}

function lineOf(contents: Node | null, name: string, lines: LineCounter): number | undefined {
  let node: unknown = contents;
  let line: number | undefined;
  for (const key of name.split(".")) {
    if (!isMap(node)) return line;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (pair === undefined) return line;
    const at = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    if (at !== undefined) line = lines.linePos(at).line;
    node = pair.value;
  }
  return line;
}
