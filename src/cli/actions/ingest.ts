import { stat } from "node:fs/promises";
import { UsageError } from "../../errors.js";
import { isDocument, readableExtensions } from "../../pipeline/ingest/read.js";
import { ingest } from "../../pipeline/stages/ingest.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { IngestFlags } from "../ingest.js";
import { readingFlags } from "../reading-options.js";
import { runCommand } from "../session.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

/** @param flagsGiven the flags as they were given, for the command that a preview suggests */
export async function ingestAction(given: string[], flags: IngestFlags, flagsGiven: string): Promise<void> {
  await runCommand("ingest", flags, readingFlags(flags), async ({ config, reporter, signal }) => {
    const paths = given.length > 0 ? given : [await folderOfInputs(config.paths.input)];
    if (flags.name !== undefined && (/[/\\]/.test(flags.name) || flags.name.trim() === ""))
      throw new UsageError(`--name ${flags.name} must be a name without a path`, { remedy: "give the folder with -o" });
    const { found, each } = await findInputs(paths, {
      accepts: (name) => isDocument(name, { images: flags.multimodal === true, ocr: config.ingest.ocr }),
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, "ingestion", `quern ingest PATH${flagsGiven}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, readableExtensions.join(" "));
    if (found.isFolder && flags.name !== undefined)
      reporter.warn("Warning: --name option is ignored when processing directories");
    if (found.others.length > 0) reporter.detail(`${found.others.length} files of other kinds are left out`);
    const result = await ingest({
      inputs: found.inputs,
      outputFolder: flags.outputDir ?? config.paths.output.parsed,
      name: found.isFolder ? undefined : flags.name,
      images: flags.multimodal === true,
      settings: config.ingest,
      observer: reporter,
      signal,
    });
    return { result };
  });
}

/** @throws {UsageError} when the command names nothing, and the folder for that is not there */
async function folderOfInputs(folder: string): Promise<string> {
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory() === true) return folder;
  throw new UsageError(`no path is given, and the folder of inputs, ${folder}, is not there`, {
    remedy: "name files, directories or addresses, or set paths.input in the configuration",
  });
}
