#!/usr/bin/env node
/** The command. It loads little before it knows what is wanted, so that help is quick. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ExitCode, QuernError } from "../errors.js";
import { createCommand } from "./create.js";
import { curateCommand } from "./curate.js";
import { ingestCommand } from "./ingest.js";
import { runCommandDefinition } from "./run.js";
import { saveAsCommand } from "./save-as.js";

function program(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const root = new Command("quern")
    .description("Turns documents into training data, on your own machine.")
    .version(manifest.version)
    .option("-c, --config <file>", "a YAML file over the defaults")
    .option("-v, --verbose", "tell more; show where errors come from")
    .option("-q, --quiet", "print nothing but errors")
    .option("--json", "print a summary as JSON to stdout")
    .showHelpAfterError("(add --help for what is possible)")
    .addHelpText(
      "after",
      "\nExample:\n  quern run docs/ -n 20           documents in, data/final/docs.jsonl out\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 finished with some items failed, 130 interrupted",
    );
  for (const command of [ingestCommand(), createCommand(), curateCommand(), saveAsCommand(), runCommandDefinition()])
    root.addCommand(command);
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
}

/** One line for what went wrong and what to do; the stack only for those who ask. */
function describe(error: unknown, verbose: boolean): string {
  if (error instanceof QuernError) {
    const remedy =
      error.remedy === undefined ? "" : `; ${error.remedy.charAt(0).toLowerCase()}${error.remedy.slice(1)}`;
    const line = `error: ${error.message}${remedy}`.replace(/\s*\n\s*/g, " ");
    return verbose ? `${line}\n${stackOf(error)}` : line;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `error: unexpected: ${text}\n${verbose ? stackOf(error) : "(--verbose shows where it comes from; please report it)"}`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

// A reader that went away, as `| head` does, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else {
    process.stderr.write(`${describe(error, process.argv.includes("-v") || process.argv.includes("--verbose"))}\n`);
    process.exitCode = error instanceof QuernError ? error.exitCode : ExitCode.failed;
  }
}
