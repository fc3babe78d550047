import { Command } from "commander";
import { addCurationOptions, type CurationOptions } from "./curation-options.js";
import {
  addChunkOptions,
  addModelOptions,
  addRecordOptions,
  type CommonOptions,
  type ModelOptions,
  notNegative,
  recordCount,
  type RecordOptions,
} from "./options.js";

export interface RunFlags extends CommonOptions, ModelOptions, RecordOptions, CurationOptions {
  type: string;
  numPairs?: number;
  numPairsPerChunk?: number;
  chunkSize?: string;
  chunkOverlap?: string;
  format?: string;
  storage: string;
  outputDir?: string;
  name?: string;
  show: number;
  recursive?: boolean;
  preview?: boolean;
}

export function runCommandDefinition(): Command {
  const command = new Command("run")
    .description("ingest, create, curate and save-as in one stream")
    .argument("<path...>", "files or directories: .txt .md .html .pdf .docx")
    .option("--type <type>", "qa, cot or multimodal-qa", "qa")
    .option("-n, --num-pairs <n>", "records per document (default: 25; cot: 5)", recordCount)
    .option("--num-pairs-per-chunk <n>", "records per chunk instead", recordCount)
    .option("-f, --format <format>", "jsonl, alpaca, ft or chatml (default: jsonl)")
    .option("--storage <storage>", "json, or hf for a Hugging Face dataset folder", "json")
    .option("-o, --output-dir <dir>", "folder for the four stages' folders (default: data)")
    .option("--name <name>", "name of the dataset (default: that of the file or directory)")
    .option("--show <n>", "records to show at the end", notNegative, 0)
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  return addModelOptions(addChunkOptions(addRecordOptions(addCurationOptions(command))))
    .addHelpText("after", "\nExample:\n  quern run docs/ --recursive -n 20 -f chatml")
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { runAction } = await import("./actions/run.js");
      await runAction(paths, self.optsWithGlobals<RunFlags>());
    });
}
