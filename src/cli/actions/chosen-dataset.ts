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
  checkStrategy(options, flags);
  return options;
}

/** Where thinking stands is a matter of the strategy in Kiln's formats, and of `--reasoning` in all others. */
function checkStrategy({ format, encoding }: DatasetOptions, flags: DatasetFlags): void {
  if (format.hasStrategies !== true) {
    const given = flags.strategy !== undefined ? "--strategy" : flags.thinking !== undefined ? "--thinking" : undefined;
    if (given === undefined) return;
    throw new UsageError(`${given} has no place in the format ${format.name}`, {
      remedy: "use --reasoning, or one of Kiln's formats, such as --format openai_chat_jsonl",
    });
  }
  if (flags.reasoning !== undefined)
    throw new UsageError(`--reasoning has no place in the format ${format.name}`, { remedy: "use --strategy" });
  const { strategy } = encoding.chat;
  const isInOneTurn = strategy === "final_only" || strategy === "final_and_intermediate_r1_compatible";
  if (flags.thinking !== undefined && isInOneTurn)
    throw new UsageError(`the strategy ${strategy} says nothing of what is to be thought about`, {
      remedy: "leave --thinking out, or use --strategy two_message_cot",
    });
  if (format.needsObjects === true && strategy === "final_and_intermediate_r1_compatible")
    throw new UsageError(`the format ${format.name} takes objects of JSON alone, and the strategy ${strategy} none`, {
      remedy: "use --strategy two_message_cot, or --format openai_chat_jsonl",
    });
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
