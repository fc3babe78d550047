import { access } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "../../errors.js";
import { stemOf } from "../../pipeline/files/names.js";
import { isRecordFile } from "../../pipeline/records/read.js";
import { isFolderOutput, outputNameOf } from "../../pipeline/save/options.js";
import { save } from "../../pipeline/stages/save.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { Reporter } from "../reporter.js";
import { quoted } from "../command-line.js";
import { formatFlags } from "../dataset-options.js";
import type { SaveFlags } from "../save-as.js";
import { runCommand } from "../session.js";
import { chosenDataset, refuseForeign } from "./chosen-dataset.js";
import { isDirectory } from "./curate.js";
import { findInputs, outputNaming, requireInputs, showPreview } from "./inputs.js";
import { namesDataset } from "./save-naming.js";
import { isTaskPath, refuseTaskFlags, saveTasks } from "./save-task.js";

/** @param flagsGiven the flags as they were given, for the command that a preview suggests */
export async function saveAction(paths: string[], flags: SaveFlags, flagsGiven: string): Promise<void> {
  const settings = { generation: { seed: flags.seed }, format: formatFlags(flags) };
  if (flags.name !== undefined && flags.merge !== true)
    throw new UsageError("--name is of a merged dataset", { remedy: "add --merge, or leave --name out" });
  await runCommand("save-as", flags, settings, async (session) => {
    const { config, reporter, signal } = session;
    const tasks = await Promise.all(paths.map(isTaskPath));
    if (tasks.includes(true)) {
      if (tasks.includes(false))
        throw new UsageError("tasks and files of records are not saved by one command", {
          remedy: "save them one after the other",
        });
      // A run's system text is a turn of its own, for which every format has a place.
      const others = { ...flags };
      delete others.system;
      return { result: await saveTasks(paths, flags, chosenDataset(config, others), session) };
    }
    refuseTaskFlags(flags);
    const dataset = chosenDataset(config, flags);
    const given = await Promise.all(paths.map((one) => asDocumented(one, reporter)));
    const { found, each } = await findInputs(given, {
      accepts: isRecordFile,
      datasets: false,
      recursive: flags.recursive === true,
    });
    const { format } = dataset;
    if (flags.preview === true) {
      // A merge is of all paths; else each path is a command of its own.
      const of = flags.merge === true ? given.map(quoted).join(" ") : "PATH";
      showPreview(reporter, each, `format conversion (${format.name} format)`, `quern save-as ${of}${flagsGiven}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, ".json or .jsonl files made by `quern curate` or `quern create`");
    const merge = flags.merge === true;
    const single = merge ? { ...found, isFolder: false, inputs: found.inputs.slice(0, 1) } : found;
    const nameOf = (input: string) => outputNameOf(dataset, merge ? (flags.name ?? "merged") : stemOf(input));
    const namesFolder = flags.output !== undefined && !single.isFolder && (await namesDataset(flags.output, dataset));
    const outputFor = namesFolder
      ? () => flags.output!
      : outputNaming(flags.output, config.paths.output.final, single, await isDirectory(flags.output), nameOf);
    for (const input of found.inputs) {
      const output = outputFor(merge ? found.inputs[0]! : input);
      if (path.resolve(output) === path.resolve(input))
        throw new UsageError(`${output} is the input and would be written over`, {
          remedy: "give another name with -o",
        });
      if (isFolderOutput(dataset)) await refuseForeign(output);
    }
    return { result: await save(found.inputs, { dataset, outputFor, merge, observer: reporter, signal }) };
  });
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
