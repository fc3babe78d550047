import { Command } from "commander";
import { givenFlags } from "./command-line.js";
import { addCurationOptions, type CurationOptions } from "./curation-options.js";
import { addDatasetOptions, type DatasetFlags } from "./dataset-options.js";
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
import { addReadingOptions, type ReadingOptions } from "./reading-options.js";

export interface RunFlags
  extends CommonOptions, ModelOptions, ReadingOptions, RecordOptions, CurationOptions, DatasetFlags {
  type: string;
  numPairs?: number;
  numPairsPerChunk?: number;
  chunkSize?: string;
  chunkOverlap?: string;
  outputDir?: string;
  name?: string;
  show: number;
  recursive?: boolean;
  preview?: boolean;
}

const examples = `
Examples:
  quern run docs/ --recursive -n 20 -f chatml
  quern run docs/ --personal-data mask --check near_duplicates=drop -t 8
  quern run reports.zip --storage parquet --split train=0.9,test=0.1 --license cc-by-4.0`;

export function runCommandDefinition(): Command {
  const command = new Command("run")
    .description("ingest, create, curate and save-as in one stream")
    .argument("<path...>", "files, archives, directories or addresses")
    .option("--type <type>", "qa, cot or multimodal-qa", "qa")
    .option("-n, --num-pairs <n>", "records per document (default: 25; cot: 5)", recordCount)
    .option("--num-pairs-per-chunk <n>", "records per chunk instead", recordCount)
    .option("-o, --output-dir <dir>", "folder for the four stages' folders (default: data)")
    .option("--name <name>", "name of the dataset (default: that of the file or directory)")
    .option("--show <n>", "records to show at the end", notNegative, 0)
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  for (const add of [addReadingOptions, addRecordOptions, addCurationOptions, addDatasetOptions, addChunkOptions])
    add(command);
  return addModelOptions(command)
    .addHelpText("after", examples)
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { runAction } = await import("./actions/run.js");
      await runAction(paths, self.optsWithGlobals<RunFlags>(), givenFlags(self));
    });
}
