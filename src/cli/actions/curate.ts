import { stat } from "node:fs/promises";
import { isRecordFile } from "../../pipeline/records/read.js";
import { curate, curatedName } from "../../pipeline/stages/curate.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { CurateFlags } from "../curate.js";
import { modelFlags } from "../options.js";
import { runCommand } from "../session.js";
import { findInputs, outputNaming, requireInputs, showPreview } from "./inputs.js";

export async function curateAction(paths: string[], flags: CurateFlags): Promise<void> {
  await runCommand("curate", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    const { found, each } = await findInputs(paths, {
      accepts: isRecordFile,
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, "curation", `quern curate PATH -t ${config.curate.threshold}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, ".json files made by `quern create`");
    const outputFor = outputNaming(
      flags.output,
      config.paths.output.curated,
      found,
      await isDirectory(flags.output),
      curatedName,
    );
    for (const input of found.inputs) outputFor(input);
    const result = await withBackend((backend) =>
      curate(found.inputs, { backend, config, outputFor, observer: reporter, signal }),
    );
    return { result };
  });
}

export async function isDirectory(path: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
