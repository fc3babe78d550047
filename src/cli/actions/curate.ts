import { stat } from "node:fs/promises";
import { embedderOpener } from "../../backends/open-embedder.js";
import { isRecordFile } from "../../pipeline/records/read.js";
import { curationNeedsModel } from "../../pipeline/curate/checks.js";
import { curate, curatedName } from "../../pipeline/stages/curate.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { CurateFlags } from "../curate.js";
import { curationFlags } from "./curation-flags.js";
import { modelFlags } from "../options.js";
import { runCommand } from "../session.js";
import { findInputs, outputNaming, requireInputs, showPreview } from "./inputs.js";

/** @param given the flags as they were given, for the command that a preview suggests */
export async function curateAction(paths: string[], flags: CurateFlags, given: string): Promise<void> {
  const settings = { ...modelFlags(flags), ...(await curationFlags(flags)) };
  await runCommand("curate", flags, settings, async ({ config, reporter, signal, withBackend }) => {
    const { found, each } = await findInputs(paths, {
      accepts: isRecordFile,
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, "curation", `quern curate PATH${given}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, ".json or .jsonl files of records, as `quern create` makes them");
    const outputFor = outputNaming(
      flags.output,
      config.paths.output.curated,
      found,
      await isDirectory(flags.output),
      curatedName,
    );
    for (const input of found.inputs) outputFor(input);
    const openEmbedder = embedderOpener(config, (text) => reporter.warn(text));
    const options = { config, outputFor, observer: reporter, signal, openEmbedder };
    const result = curationNeedsModel(config)
      ? await withBackend((backend) => curate(found.inputs, { ...options, backend }))
      : await curate(found.inputs, options);
    return { result };
  });
}

export async function isDirectory(path: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
