/** Options of how a dataset is written, for the commands that write one. */
import { type Command, Option } from "commander";

export interface DatasetFlags {
  format?: string;
  storage: string;
  split?: string;
  system?: string;
  reasoning?: string;
  license?: string;
  card?: boolean;
  trainer?: string;
}

export function addDatasetOptions(command: Command): Command {
  return command
    .option("-f, --format <format>", "jsonl, alpaca, ft, chatml, sharegpt or openai (default: jsonl)")
    .option("--storage <storage>", "json, jsonl, parquet, hf or lance", "json")
    .option("--split <shares>", "divide by documents: train=0.9,validation=0.05,test=0.05")
    .option("--system <text>", 'system text of records that have none of their own; "" for none')
    .addOption(
      new Option("--reasoning <how>", "reasoning before answers, in <think> tags, or left out").choices([
        "include",
        "think-tags",
        "drop",
      ]),
    )
    .option("--license <id>", "license of the dataset, for its card: cc-by-4.0, apache-2.0, other")
    .option("--card", "write a card beside a file too")
    .option("--trainer <names>", "files for llama-factory, axolotl; auto: in folders; none (default: auto)");
}

/** The flags as a part of the configuration; splits and the card are not in it. */
export function formatFlags({ format, system, reasoning, license, trainer }: DatasetFlags): Record<string, unknown> {
  return { default: format, system, reasoning, license, trainers: trainer };
}
