/**
 * Configurations in older layouts of synthetic-data-kit, as other programs still write them: a section `cleanup` for what
 * is `curate` now, `paths.output.cleaned`, a folder of inputs for each format, no section `llm`.
 */
import { type ConfigTree, isTree, leaves, valueAt, without, withValue } from "./tree.js";

/** What a key was called, and what it is called now. */
const renamed: Readonly<Record<string, string>> = {
  "cleanup.threshold": "curate.threshold",
  "cleanup.batch_size": "curate.batch_size",
  "cleanup.inference_batch": "curate.inference_batch",
  "cleanup.temperature": "curate.temperature",
  "paths.output.cleaned": "paths.output.curated",
  "vllm.http_request_timeout": "vllm.request_timeout",
  "api-endpoint.http_request_timeout": "api-endpoint.request_timeout",
};

/** Keys whose value was a folder for each format, which nothing was ever read from. */
const folders = "paths.input";

export interface Translated {
  tree: ConfigTree;
  /** Where a key of the tree stands in the file. */
  nameInFile: (name: string) => string;
  /** One sentence on what was read as what; absent where nothing was. */
  notice?: string;
}

/** @returns the tree in today's names; where a file has both the old and the new name, the new one counts */
export function translateOlderNames(given: ConfigTree): Translated {
  let tree = given;
  const told: string[] = [];
  const written = new Map<string, string>();
  for (const [older, name] of Object.entries(renamed)) {
    const value = valueAt(given, older);
    if (value === undefined || value === null) continue;
    tree = without(tree, older);
    const wins = valueAt(given, name) ?? undefined;
    if (wins === undefined) {
      tree = withValue(tree, name, value);
      written.set(name, older);
    }
    told.push(wins === undefined ? `${older} is read as ${name}` : `${older} yields to ${name}`);
  }
  const inputs = valueAt(given, folders);
  if (isTree(inputs)) {
    tree = without(tree, folders);
    told.push(
      `${
        leaves(inputs, `${folders}.`)
          .map(([name]) => name)
          .join(", ") || folders
      } are not looked into`,
    );
  }
  return {
    tree,
    nameInFile: (name) => written.get(name) ?? name,
    ...(told.length === 0 ? {} : { notice: `it has names of an older layout: ${told.join("; ")}` }),
  };
}

/**
 * A file that names a server means it, even where it does not say `llm.provider`: vLLM's first, as in synthetic-data-kit.
 *
 * @param file the user's tree
 * @returns the provider that the file implies; undefined where it says one, or names no server
 */
export function impliedProvider(file: ConfigTree): "vllm" | "api-endpoint" | undefined {
  if ((valueAt(file, "llm.provider") ?? "") !== "") return undefined;
  const isGiven = (section: string) => {
    const address = valueAt(file, `${section}.api_base`);
    return Array.isArray(address) ? address.length > 0 : typeof address === "string" && address !== "";
  };
  return isGiven("vllm") ? "vllm" : isGiven("api-endpoint") ? "api-endpoint" : undefined;
}
