import { Command } from "commander";
import { addChunkOptions, addModelOptions, type CommonOptions, type ModelOptions, recordCount } from "./options.js";

export interface CreateFlags extends CommonOptions, ModelOptions {
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
    .argument("<path...>", "datasets (.lance), documents, or directories of them")
    .option("--type <type>", "qa, summary or cot", "qa")
    .option("-n, --num-pairs <n>", "records per document (default: 25; cot: 5)", recordCount)
    .option("--num-pairs-per-chunk <n>", "records per chunk instead", recordCount)
    .option("-o, --output-dir <dir>", "where the files go (default: data/generated)")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done");
  return addModelOptions(addChunkOptions(command))
    .addHelpText(
      "after",
      '\nExample:\n  quern create data/parsed/report.lance --type qa -n 50\n  quern create docs/ --type cot --chunk-size "512 tokens" -m models/my-model.gguf',
    )
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { createAction } = await import("./actions/create.js");
      await createAction(paths, self.optsWithGlobals<CreateFlags>());
    });
}
