/** The dataset that a command line asks for. */
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { foldersContent } from "../../pipeline/save/existing.js";
import { type DatasetOptions, datasetOptions } from "../../pipeline/save/options.js";
import { parseSplits } from "../../pipeline/save/splits.js";
import { trainersNamed } from "../../pipeline/save/trainers.js";
import type { DatasetFlags } from "../dataset-options.js";

/**
 * @param config with the flags in it that are keys of the configuration too
 * @throws {UsageError} when flags do not go together
 */
export function chosenDataset(config: Config, flags: DatasetFlags): DatasetOptions {
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

/** A folder that is replaced must be a dataset of an earlier run, and nothing else. */
export async function refuseForeign(output: string, remedy = "give another name with -o"): Promise<void> {
  const content = await foldersContent(output);
  if (content === "absent" || content === "dataset") return;
  throw new UsageError(
    content === "file"
      ? `${output} is a file, and the dataset is a folder`
      : `${output} is there and is not only a dataset, so it is not replaced: it holds ${content.other}`,
    { remedy: content === "file" ? "give another name with -o" : remedy },
  );
}
