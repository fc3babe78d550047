/** Options of what is kept, for the commands that curate. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { rating } from "./options.js";

export interface CurationOptions {
  threshold?: number;
  check?: string[];
  judge?: boolean;
  decontaminate?: string[];
  personalData?: string;
  rubric?: string;
}

/** `NAME=ACTION`; names and actions are known only with the configuration, which says what is wrong with them. */
function checkAction(text: string, before: string[] = []): string[] {
  if (!/^[a-z][a-z_-]*=[a-z]+$/.test(text))
    throw new InvalidArgumentError("it must be a check and what to do, such as coherence=drop.");
  return [...before, text];
}

export function addCurationOptions(command: Command): Command {
  return command
    .option("-t, --threshold <rating>", "lowest rating that is kept, 1 to 10 (default: 7)", rating)
    .option("--check <name=action>", "what a check does: off, flag or drop; can be given several times", checkAction)
    .option("--no-judge", "no ratings by the model; the other checks need none")
    .option("--decontaminate <file...>", "benchmarks to keep out of the data: JSON, JSON Lines, CSV or text")
    .addOption(
      new Option("--personal-data <action>", "what becomes of mail addresses, numbers, keys (default: flag)").choices([
        "off",
        "flag",
        "mask",
        "drop",
      ]),
    )
    .option("--rubric <file>", "YAML or JSON: names of what the judge looks at, and what each means");
}
