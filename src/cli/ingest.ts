import { Command } from "commander";
import type { CommonOptions } from "./options.js";

export interface IngestFlags extends CommonOptions {
  outputDir?: string;
  name?: string;
  recursive?: boolean;
  multimodal?: boolean;
  ocr?: boolean;
  ocrLanguage?: string[];
  column?: string[];
  preview?: boolean;
}

/** Values of an option that may be given several times, or with commas. */
function several(value: string, before: string[] = []): string[] {
  const values = value.split(",").map((one) => one.trim());
  return [...before, ...values.filter((one) => one !== "")];
}

export function ingestCommand(): Command {
  return new Command("ingest")
    .description("extract the text of documents")
    .argument("[path...]", "files, archives, directories or addresses (default: paths.input, data/input)")
    .option("-o, --output-dir <dir>", "where the datasets go (default: data/parsed)")
    .option("-n, --name <name>", "name of the dataset, for a single file")
    .option("-r, --recursive", "look into directories within directories")
    .option("--multimodal", "take over pictures too, with the page they stand on")
    .option("--ocr", "read pages that are pictures of text")
    .option("--ocr-language <code>", "language of such pages: eng, deu, ...; several with commas", several)
    .option("--column <name>", "of tables and JSON: column with the text; several with commas", several)
    .option("--preview", "show what would be done")
    .addHelpText(
      "after",
      "\nExample:\n  quern ingest docs/report.pdf\n  quern ingest docs/ --recursive -o data/parsed\n  quern ingest tickets.csv --column question,answer",
    )
    .action(async (paths: string[], _: unknown, command: Command) => {
      const options = command.optsWithGlobals<IngestFlags>();
      const { ingestAction } = await import("./actions/ingest.js");
      await ingestAction(paths, options);
    });
}
