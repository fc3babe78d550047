import { Command } from "commander";
import { givenFlags } from "./command-line.js";
import type { CommonOptions } from "./options.js";
import { addReadingOptions, type ReadingOptions } from "./reading-options.js";

export interface IngestFlags extends CommonOptions, ReadingOptions {
  outputDir?: string;
  name?: string;
  recursive?: boolean;
  multimodal?: boolean;
  preview?: boolean;
}

export function ingestCommand(): Command {
  const command = new Command("ingest")
    .description("extract the text of documents")
    .argument("[path...]", "files, archives, directories or addresses (default: paths.input, data/input)")
    .option("-o, --output-dir <dir>", "where the datasets go (default: data/parsed)")
    .option("-n, --name <name>", "name of the dataset, for a single file")
    .option("-r, --recursive", "look into directories within directories")
    .option("--multimodal", "take over pictures too, with the page they stand on")
    .option("--preview", "show what would be done");
  return addReadingOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  quern ingest docs/report.pdf\n  quern ingest docs/ --recursive -o data/parsed\n  quern ingest tickets.csv --column question,answer",
    )
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { ingestAction } = await import("./actions/ingest.js");
      await ingestAction(paths, self.optsWithGlobals<IngestFlags>(), givenFlags(self));
    });
}
