import { Command } from "commander";
import type { CommonOptions } from "./options.js";

interface Options extends CommonOptions {
  outputDir?: string;
  name?: string;
  recursive?: boolean;
  preview?: boolean;
}

export function ingestCommand(): Command {
  return new Command("ingest")
    .description("extract the text of documents")
    .argument("<path...>", "files or directories: .txt .md .html .pdf .docx")
    .option("-o, --output-dir <dir>", "where the datasets go (default: data/parsed)")
    .option("-n, --name <name>", "name of the dataset, for a single file")
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done")
    .addHelpText("after", "\nExample:\n  quern ingest docs/report.pdf\n  quern ingest docs/ --recursive -o data/parsed")
    .action(async (paths: string[], _: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { ingestAction } = await import("./actions/ingest.js");
      await ingestAction(paths, options);
    });
}
