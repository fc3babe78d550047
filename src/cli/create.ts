import { Command } from "commander";
import { givenFlags } from "./command-line.js";
import {
  addChunkOptions,
  addModelOptions,
  addRecordOptions,
  type CommonOptions,
  type ModelOptions,
  recordCount,
  type RecordOptions,
} from "./options.js";
import { addReadingOptions, type ReadingOptions } from "./reading-options.js";

const examples = `
Types:
  qa             question and answer pairs
  cot            questions with the reasoning that leads to the answer
  summary        a summary of the whole document
  cot-enhance    reasoning for the answers of pairs or conversations that there are
  multimodal-qa  pairs about the pictures of documents; needs a model that sees

Examples:
  quern create data/parsed/report.lance --type qa -n 50
  quern create docs/ --type cot --chunk-size "512 tokens" -m models/my-model.gguf
  quern create docs/ --question-types "why,compare:2" --difficulty hard --language de
  quern create report.pdf --examples good-pairs.jsonl
  quern create report.pdf --type summary
  quern create data/generated/report_qa_pairs.json --type cot-enhance
  quern create slides.pptx --type multimodal-qa --api-base http://localhost:8000/v1`;

export interface CreateFlags extends CommonOptions, ModelOptions, RecordOptions, ReadingOptions {
  type: string;
  numPairs?: number;
  numPairsPerChunk?: number;
  chunkSize?: string;
  chunkOverlap?: string;
  outputDir?: string;
  recursive?: boolean;
  preview?: boolean;
}

export function createCommand(): Command {
  const command = new Command("create")
    .description("generate records from parsed datasets, or straight from documents")
    .argument("<path...>", "datasets (.lance), documents, or directories of them; files of records for cot-enhance")
    .option("--type <type>", "qa, cot, summary, cot-enhance or multimodal-qa", "qa")
    .option(
      "-n, --num-pairs <n>",
      "records per document or row (default: 25; cot: 5); cot-enhance: records per file (default: all)",
      recordCount,
    )
    .option("--num-pairs-per-chunk <n>", "records per chunk instead", recordCount)
    .option("-o, --output-dir <dir>", "where the files go (default: data/generated)")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  return addModelOptions(addChunkOptions(addRecordOptions(addReadingOptions(command))))
    .addHelpText("after", examples)
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { createAction } = await import("./actions/create.js");
      await createAction(paths, self.optsWithGlobals<CreateFlags>(), givenFlags(self));
    });
}
