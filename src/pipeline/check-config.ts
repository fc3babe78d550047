/** What of a configuration can be checked before any work, beyond the types of its values. */
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
