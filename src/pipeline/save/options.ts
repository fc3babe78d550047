/** How datasets are written, from the configuration. */
import type { Config } from "../../config/schema.js";
import { ConfigError } from "../../errors.js";
import { licenseNamed } from "./card/licenses.js";
import type { ChatOptions, EncodeOptions, SaveFormat } from "./format.js";
import { saveFormatNamed } from "./formats/index.js";
import { checkedSplits, type SplitShare } from "./splits.js";
import type { SaveStorage } from "./storage.js";
import { saveStorageNamed } from "./storages/index.js";
import { type TrainerName, trainersNamed } from "./trainers.js";

export interface DatasetOptions {
  format: SaveFormat;
  storage: SaveStorage;
  encoding: EncodeOptions;
  /** Whether arrays of JSON are indented. */
  pretty: boolean;
  /** Empty: the dataset is in one piece. */
  splits: readonly SplitShare[];
  /** From which records are put into splits. */
  seed: number;
  /** Whether a card is written; undefined: where the output is a folder. */
  card?: boolean | undefined;
  /** An identifier of Hugging Face's list. */
  license: string;
  /** Which trainers are told of the dataset; auto: all that can read it, where the output is a folder. */
  trainers: readonly TrainerName[] | "auto";
}

/**
 * @param storage name of a storage
 * @throws {UsageError} when the configuration names a format, a license, a trainer or shares that there are not
 */
export function datasetOptions({ format, generation }: Config, storage = "json"): DatasetOptions {
  return {
    format: saveFormatNamed(format.default),
    storage: saveStorageNamed(storage),
    encoding: {
      system: format.system,
      reasoning: format.reasoning,
      metadata: format.include_metadata,
      chat: chatOptions(format),
    },
    pretty: format.pretty_json,
    splits: checkedSplits(format.splits),
    seed: generation.seed,
    license: licenseNamed(format.license),
    trainers: trainersNamed(format.trainers),
  };
}

/** @throws {ConfigError} when a text lacks what must stand in it */
function chatOptions(format: Config["format"]): ChatOptions {
  const { strategy, thinking, thinking_input: thinkingInput, final_request: finalRequest } = format;
  for (const part of ["{input}", "{thinking}"])
    if (!thinkingInput.includes(part))
      throw new ConfigError(`format.thinking_input has no placeholder ${part}`, {
        remedy: `put ${part} where it belongs`,
      });
  if (finalRequest.trim() === "") throw new ConfigError("format.final_request is empty", { remedy: "give it a text" });
  return { strategy, thinking, thinkingInput, finalRequest };
}

/** Whether a dataset with these options is a folder; else it is a file. */
export function isFolderOutput({ storage, splits }: DatasetOptions): boolean {
  return storage.isFolder || splits.length > 0;
}

/** What a dataset is called in a folder. */
export function outputNameOf({ storage, format, splits }: DatasetOptions, stem: string): string {
  return storage.outputName(stem, format, splits.length > 0);
}
