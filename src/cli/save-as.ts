import { Command } from "commander";
import type { CommonOptions } from "./options.js";

export interface SaveFlags extends CommonOptions {
  format?: string;
  storage: string;
  output?: string;
  recursive?: boolean;
  preview?: boolean;
}

export function saveAsCommand(): Command {
  return new Command("save-as")
    .description("convert records to a format that trainers load")
    .argument("<path...>", "files made by curate or create, or directories of them")
    .option("-f, --format <format>", "jsonl, alpaca, ft or chatml (default: jsonl)")
    .option("--storage <storage>", "json, or hf for a Hugging Face dataset folder", "json")
    .option("-o, --output <path>", "file for a single input, else directory (default: data/final)")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done")
    .addHelpText(
      "after",
      "\nExample:\n  quern save-as data/curated/report_qa_pairs_cleaned.json -f alpaca --storage hf",
    )
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { saveAction } = await import("./actions/save-as.js");
      await saveAction(paths, self.optsWithGlobals<SaveFlags>());
    });
}
