import { UsageError } from "../../errors.js";
import { supportedExtensions } from "../../pipeline/ingest/formats.js";
import { isDocument } from "../../pipeline/ingest/read.js";
import { ingest } from "../../pipeline/stages/ingest.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { CommonOptions } from "../options.js";
import { runCommand } from "../session.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

export async function ingestAction(
  paths: string[],
  options: CommonOptions & { outputDir?: string; name?: string; recursive?: boolean; preview?: boolean },
): Promise<void> {
  await runCommand("ingest", options, {}, async ({ config, reporter, signal }) => {
    const { found, each } = await findInputs(paths, {
      accepts: isDocument,
      datasets: false,
      recursive: options.recursive === true,
    });
    if (options.preview === true) {
      showPreview(reporter, each, "ingestion", "quern ingest PATH");
      return { result: emptyResult() };
    }
    requireInputs(paths, found, supportedExtensions.join(" "));
    if (found.isFolder && options.name !== undefined)
      reporter.warn("Warning: --name option is ignored when processing directories");
    if (options.name !== undefined && /[/\\]/.test(options.name))
      throw new UsageError(`--name ${options.name} must not contain a path`, { remedy: "give the folder with -o" });
    if (found.others.length > 0) reporter.detail(`${found.others.length} files of other kinds are left out`);
    const result = await ingest({
      inputs: found.inputs,
      outputFolder: options.outputDir ?? config.paths.output.parsed,
      name: found.isFolder ? undefined : options.name,
      observer: reporter,
      signal,
    });
    return { result };
  });
}
