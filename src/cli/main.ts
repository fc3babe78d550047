#!/usr/bin/env node
/** The command. It loads little before it knows what is wanted, so that help is quick. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ExitCode, lineOf, QuernError } from "../errors.js";
import { benchCommand } from "./bench.js";
import { configCommand } from "./config.js";
import { createCommand } from "./create.js";
import { curateCommand } from "./curate.js";
import { generateCommand } from "./generate.js";
import { importCommand } from "./import.js";
import { ingestCommand } from "./ingest.js";
import { inputsCommand } from "./inputs.js";
import { modelsCommand } from "./models.js";
import { isVerbose } from "../config/environment.js";
import type { CommonOptions } from "./options.js";
import { outputsCommand } from "./outputs.js";
import { reviewCommand } from "./review.js";
import { runCommandDefinition } from "./run.js";
import { samplesCommand } from "./samples.js";
import { saveCommand } from "./save.js";
import { saveAsCommand } from "./save-as.js";
import { serveCommand } from "./serve.js";
import { systemCheckCommand } from "./system-check.js";
import { taskCommand } from "./task.js";
import { templatesCommand } from "./templates.js";
import { topicsCommand } from "./topics.js";

function program(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const root = new Command("quern")
    .description("Turns documents and task descriptions into training and evaluation data, on your own machine.")
    .version(manifest.version)
    .option("-c, --config <file>", "a YAML file over the defaults")
    .option("-v, --verbose", "tell more; show where errors come from")
    .option("-q, --quiet", "print nothing but errors")
    .option("--json", "print a summary as JSON to stdout")
    .addHelpText(
      "after",
      "\nExample:\n  quern run docs/ -n 20                     documents in, data/final/docs.jsonl out\n  quern generate my-task --topics 10 -n 10  a task in, a hundred samples out\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 finished with some items failed, 130 interrupted",
    );
  for (const command of [
    ingestCommand(),
    createCommand(),
    curateCommand(),
    saveAsCommand(),
    importCommand(),
    runCommandDefinition(),
    taskCommand(),
    topicsCommand(),
    inputsCommand(),
    outputsCommand(),
    samplesCommand(),
    saveCommand(),
    generateCommand(),
    reviewCommand(),
    templatesCommand(),
    serveCommand(),
    systemCheckCommand(),
    configCommand(),
    benchCommand(),
    modelsCommand(),
  ])
    root.addCommand(command);
  for (const command of [root, ...root.commands])
    command.exitOverride().showHelpAfterError("(add --help for what is possible)");
  return root;
}

/** One line for what went wrong and what to do; the stack only for those who ask. */
function describe(error: unknown, verbose: boolean): string {
  if (error instanceof QuernError) {
    const line = `error: ${lineOf(error)}`;
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

// A reader that went away, as `| head` does, is no failure, and no end of the work: what is written for it is lost.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

const root = program();
try {
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else {
    process.stderr.write(`${describe(error, root.opts<CommonOptions>().verbose === true || isVerbose())}\n`);
    process.exitCode = error instanceof QuernError ? error.exitCode : ExitCode.failed;
  }
}
