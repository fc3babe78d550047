/** What of a configuration can be checked before any work, beyond the types of its values. */
import { stat } from "node:fs/promises";
import type { Config } from "../config/schema.js";
import { ConfigError } from "../errors.js";
import { compilePrompt, type PromptName } from "./prompts.js";

/**
 * Compiles every prompt, so that a placeholder that is missing is told at once and not after hours of other work.
 *
 * @param originOf where a key was set, for messages: `my.yaml:12`
 * @returns what is wrong with each prompt that cannot be used, naming file, line and key; empty where all can
 */
export function promptProblems(config: Config, originOf: (name: string) => string): ConfigError[] {
  return Object.entries(config.prompts).flatMap(([name, text]) => {
    try {
      compilePrompt(name as PromptName, text);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { remedy } = error;
      return [
        new ConfigError(`${originOf(`prompts.${name}`)}: ${error.message}`, {
          cause: error,
          ...(remedy === undefined ? {} : { remedy }),
        }),
      ];
    }
  });
}

/** Files that a configuration names, by the keys that name them. */
function filesIn(config: Config): [key: string, file: string][] {
  return [
    ["generation.examples", config.generation.examples],
    ...config.curate.contamination.files.map((file): [string, string] => ["curate.contamination.files", file]),
    ["llama-server.mmproj", config["llama-server"].mmproj],
  ];
}

/**
 * All that can be found wrong before any work: prompts, and files that are named and not there.
 *
 * @param originOf as of {@link promptProblems}
 */
export async function configProblems(config: Config, originOf: (name: string) => string): Promise<ConfigError[]> {
  const problems = promptProblems(config, originOf);
  for (const [key, file] of filesIn(config)) {
    if (file === "" || (await stat(file).catch(() => undefined)) !== undefined) continue;
    problems.push(
      new ConfigError(`${originOf(key)}: ${key}: there is no file ${file}`, {
        remedy: "check the path; it is seen from the folder that the command is started in",
      }),
    );
  }
  return problems;
}
