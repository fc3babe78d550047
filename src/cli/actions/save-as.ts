import { access } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { stemOf } from "../../pipeline/files/names.js";
import { isRecordFile } from "../../pipeline/records/read.js";
import { foldersContent } from "../../pipeline/save/existing.js";
import { type DatasetOptions, datasetOptions, isFolderOutput, outputNameOf } from "../../pipeline/save/options.js";
import { parseSplits } from "../../pipeline/save/splits.js";
import { trainersNamed } from "../../pipeline/save/trainers.js";
import { save } from "../../pipeline/stages/save.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { Reporter } from "../reporter.js";
import type { SaveFlags } from "../save-as.js";
import { runCommand } from "../session.js";
import { isDirectory } from "./curate.js";
import { findInputs, outputNaming, requireInputs, showPreview } from "./inputs.js";

export async function saveAction(paths: string[], flags: SaveFlags): Promise<void> {
  const settings = {
    generation: { seed: flags.seed },
    format: {
      default: flags.format,
      system: flags.system,
      reasoning: flags.reasoning,
      license: flags.license,
      trainers: flags.trainer,
    },
  };
  if (flags.name !== undefined && flags.merge !== true)
    throw new UsageError("--name is of a merged dataset", { remedy: "add --merge, or leave --name out" });
  await runCommand("save-as", flags, settings, async ({ config, reporter, signal }) => {
    const dataset = chosenOptions(config, flags);
    const given = await Promise.all(paths.map((one) => asDocumented(one, reporter)));
    const { found, each } = await findInputs(given, {
      accepts: isRecordFile,
      datasets: false,
      recursive: flags.recursive === true,
    });
    const { format } = dataset;
    if (flags.preview === true) {
      const command = flags.merge === true ? commandOf(flags, format.name, given) : commandOf(flags, format.name);
      showPreview(reporter, each, `format conversion (${format.name} format)`, command);
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

function chosenOptions(config: Config, flags: SaveFlags): DatasetOptions {
  const options: DatasetOptions = { ...datasetOptions(config, flags.storage), card: flags.card };
  if (flags.split !== undefined) options.splits = parseSplits(flags.split);
  if (flags.system !== undefined && !options.format.hasSystem)
    throw new UsageError(`--system has no place in the format ${options.format.name}`, {
      remedy: "choose a format of messages, such as --format ft",
    });
  if (flags.trainer !== undefined && trainersNamed(flags.trainer).length > 0 && flags.trainer !== "auto")
    if (options.storage.dataType === undefined)
      throw new UsageError(`no trainer reads the storage ${options.storage.name}`, {
        remedy: "use --storage json, jsonl, parquet or hf",
      });
  return options;
}

/**
 * Whether `-o` names the dataset itself and not a directory for it. A dataset's folder has no extension to tell it by: it
 * is the folder's name, unless a slash says otherwise.
 */
async function namesDataset(output: string, dataset: DatasetOptions): Promise<boolean> {
  if (!isFolderOutput(dataset) || /[/\\]$/.test(output)) return false;
  await refuseForeign(output, "add a slash to write into it, or give another name with -o");
  return true;
}

/** A folder that is replaced must be a dataset of an earlier run, and nothing else. */
async function refuseForeign(output: string, remedy = "give another name with -o"): Promise<void> {
  const content = await foldersContent(output);
  if (content === "absent" || content === "dataset") return;
  throw new UsageError(
    content === "file"
      ? `${output} is a file, and the dataset is a folder`
      : `${output} is there and is not only a dataset, so it is not replaced: it holds ${content.other}`,
    { remedy: content === "file" ? "give another name with -o" : remedy },
  );
}

/** The command line that does what `--preview` shows, with all flags that were given. */
function commandOf(flags: SaveFlags, format: string, paths: readonly string[] = []): string {
  const value = (flag: string, given: string | number | undefined) =>
    given === undefined ? "" : ` ${flag} ${quoted(String(given))}`;
  return [
    "quern",
    value("-c", flags.config),
    ` save-as ${paths.length === 0 ? "PATH" : paths.map(quoted).join(" ")}`,
    value("-f", format),
    flags.storage === "json" ? "" : value("--storage", flags.storage),
    value("-o", flags.output),
    value("--split", flags.split),
    flags.merge === true ? " --merge" : "",
    value("--name", flags.name),
    value("--system", flags.system),
    value("--reasoning", flags.reasoning),
    value("--license", flags.license),
    flags.card === true ? " --card" : "",
    value("--trainer", flags.trainer),
    value("--seed", flags.seed),
    flags.recursive === true ? " -r" : "",
  ].join("");
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
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
