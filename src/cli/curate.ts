import { Command } from "commander";
import { givenFlags } from "./command-line.js";
import { addCurationOptions, type CurationOptions } from "./curation-options.js";
import { addModelOptions, type CommonOptions, type ModelOptions } from "./options.js";

export interface CurateFlags extends CommonOptions, ModelOptions, CurationOptions {
  output?: string;
  recursive?: boolean;
  preview?: boolean;
}

export function curateCommand(): Command {
  const command = new Command("curate")
    .description("check each record, let the model rate it against its text, and keep the good ones")
    .argument("<path...>", "files made by create, or directories of them");
  addCurationOptions(command)
    .option("-o, --output <path>", "file for a single input, else directory (default: data/curated)")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  return addModelOptions(command)
    .addHelpText(
      "after",
      `
Example:
  quern curate data/generated/report_qa_pairs.json -t 8
  quern curate data/generated --no-judge --check coherence=drop --personal-data mask

Checks and their settings: docs/curation.md`,
    )
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { curateAction } = await import("./actions/curate.js");
      await curateAction(paths, self.optsWithGlobals<CurateFlags>(), givenFlags(self));
    });
}
