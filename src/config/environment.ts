/** What the environment says about the configuration; the names that synthetic-data-kit reads mean the same here. */
import { ConfigError } from "../errors.js";
import { type ConfigTree, withValue } from "./tree.js";

/** Variables, and the keys that each sets. */
export const variables: Readonly<Record<string, { keys: readonly string[]; isNumber?: true }>> = {
  API_ENDPOINT_KEY: { keys: ["api-endpoint.api_key"] },
  VLLM_API_KEY: { keys: ["vllm.api_key"] },
  EMBEDDING_API_KEY: { keys: ["curate.embedding.api_key"] },
  SDK_BATCH_SIZE: { keys: ["curate.batch_size", "curate.inference_batch"], isNumber: true },
};

/**
 * @returns the keys that variables set, and for each the variable it came from; an empty variable counts as none
 * @throws {ConfigError} when a variable that must be a number is none
 */
export function fromEnvironment(environment: NodeJS.ProcessEnv): { tree: ConfigTree; from: Map<string, string> } {
  let tree: ConfigTree = {};
  const from = new Map<string, string>();
  for (const [variable, { keys, isNumber }] of Object.entries(variables)) {
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    if (isNumber && !/^\s*[1-9]\d*\s*$/.test(text))
      throw new ConfigError(`${variable}=${text}: it must be a whole number of at least 1`, {
        remedy: "set it to one, or unset it",
      });
    for (const key of keys) {
      tree = withValue(tree, key, isNumber ? Number(text) : text);
      from.set(key, variable);
    }
  }
  return { tree, from };
}

/** Whether the environment asks for what `--verbose` does: SDK_VERBOSE is 1, true, yes or on. */
export function isVerbose(environment: NodeJS.ProcessEnv = process.env): boolean {
  return /^(?:1|true|yes|on)$/i.test(environment["SDK_VERBOSE"] ?? "");
}
