import { Command } from "commander";
import { addModelOptions, type CommonOptions, type ModelOptions, rating } from "./options.js";

export interface CurateFlags extends CommonOptions, ModelOptions {
  threshold?: number;
  output?: string;
  recursive?: boolean;
  preview?: boolean;
}

export function curateCommand(): Command {
  const command = new Command("curate")
    .description("let the model rate each record against its text, and keep the good ones")
    .argument("<path...>", "files made by create, or directories of them")
    .option("-t, --threshold <rating>", "lowest rating that is kept, 1 to 10 (default: 7)", rating)
    .option("-o, --output <path>", "file for a single input, else directory (default: data/curated)")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  return addModelOptions(command)
    .addHelpText("after", "\nExample:\n  quern curate data/generated/report_qa_pairs.json -t 8")
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { curateAction } = await import("./actions/curate.js");
      await curateAction(paths, self.optsWithGlobals<CurateFlags>());
    });
}
