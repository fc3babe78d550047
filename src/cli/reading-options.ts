/** Options of how documents are read, for the commands that read them. */
import type { Command } from "commander";

export interface ReadingOptions {
  ocr?: boolean;
  ocrLanguage?: string[];
  column?: string[];
}

/** Values of an option that may be given several times, or with commas. */
function several(value: string, before: string[] = []): string[] {
  const values = value.split(",").map((one) => one.trim());
  return [...before, ...values.filter((one) => one !== "")];
}

export function addReadingOptions(command: Command): Command {
  return command
    .option("--ocr", "read pages that are pictures of text")
    .option("--ocr-language <code>", "language of such pages: eng, deu, ...; several with commas", several)
    .option("--column <name>", "of tables and JSON: column with the text; several with commas", several);
}

/** The flags as a part of the configuration. */
export function readingFlags({ ocr, ocrLanguage, column }: ReadingOptions): Record<string, unknown> {
  return {
    ingest: {
      // --ocr-language says that characters are to be recognised, as --ocr does.
      ocr: ocr ?? (ocrLanguage === undefined ? undefined : true),
      ocr_languages: ocrLanguage,
      columns: column,
    },
  };
}
