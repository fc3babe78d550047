import { access, readdir } from "node:fs/promises";
import path from "node:path";
import { stemOf } from "../../pipeline/files/names.js";
import { saveFormatNamed } from "../../pipeline/save/formats/index.js";
import { isRecordFile } from "../../pipeline/records/read.js";
import { saveStorageNamed } from "../../pipeline/save/storages/index.js";
import { save } from "../../pipeline/stages/save.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { Reporter } from "../reporter.js";
import type { SaveFlags } from "../save-as.js";
import { runCommand } from "../session.js";
import { isDirectory } from "./curate.js";
import { findInputs, outputNaming, requireInputs, showPreview } from "./inputs.js";

export async function saveAction(paths: string[], flags: SaveFlags): Promise<void> {
  const storage = saveStorageNamed(flags.storage);
  await runCommand("save-as", flags, { format: { default: flags.format } }, async ({ config, reporter, signal }) => {
    const format = saveFormatNamed(config.format.default);
    const given = await Promise.all(paths.map((one) => asDocumented(one, reporter)));
    const { found, each } = await findInputs(given, {
      accepts: isRecordFile,
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, `format conversion (${format.name} format)`, `quern save-as PATH -f ${format.name}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, ".json files made by `quern curate` or `quern create`");
    // A dataset folder has no extension to tell a name from a folder; a single input's -o is its name, unless something
    // else is in that folder, which must not be replaced.
    const namesFolder =
      flags.output !== undefined &&
      storage.name === "hf" &&
      !found.isFolder &&
      !/[/\\]$/.test(flags.output) &&
      (await mayBecomeDataset(flags.output));
    const outputFor = namesFolder
      ? () => flags.output!
      : outputNaming(flags.output, config.paths.output.final, found, await isDirectory(flags.output), (input) =>
          storage.outputName(stemOf(input), format),
        );
    for (const input of found.inputs) outputFor(input);
    return { result: await save(found.inputs, { format, storage, outputFor, observer: reporter, signal }) };
  });
}

/** Whether a folder is not there, empty, or a dataset of an earlier run. */
async function mayBecomeDataset(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.length === 0 || names.includes("dataset_info.json");
}

/** synthetic-data-kit's guide calls `report_qa_pairs_cleaned.json` by the name `report_cleaned.json`: that is found too. */
async function asDocumented(given: string, reporter: Reporter): Promise<string> {
  if (await exists(given)) return given;
  const stem = path.basename(given, "_cleaned.json");
  if (!given.endsWith("_cleaned.json")) return given;
  for (const kind of ["qa_pairs", "cot_examples"]) {
    const file = path.join(path.dirname(given), `${stem}_${kind}_cleaned.json`);
    if (!(await exists(file))) continue;
    reporter.warn(`${given} is not there; using ${file}`);
    return file;
  }
  return given;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
