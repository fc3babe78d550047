/** Options of how a dataset is written, for the commands that write one. */
import { type Command, Option } from "commander";

export interface DatasetFlags {
  format?: string;
  storage: string;
  split?: string;
  system?: string;
  reasoning?: string;
  strategy?: string;
  thinking?: string;
  license?: string;
  card?: boolean;
  trainer?: string;
}

export function addDatasetOptions(command: Command): Command {
  return command
    .option("-f, --format <format>", "jsonl, alpaca, ft, chatml, sharegpt, openai, or one of Kiln's (default: jsonl)")
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
    .addOption(
      new Option("--strategy <strategy>", "of Kiln's formats: where the thinking stands (default: final_only)").choices(
        ["final_only", "two_message_cot", "final_and_intermediate", "final_and_intermediate_r1_compatible"],
      ),
    )
    .option(
      "--thinking <text>",
      "what is to be thought about, in strategies that ask for it (default: what the task says)",
    )
    .option("--license <id>", "license of the dataset, for its card: cc-by-4.0, apache-2.0, other")
    .option("--card", "write a card beside a file too")
    .option("--trainer <names>", "files for llama-factory, axolotl; auto: in folders; none (default: auto)");
}

/** The flags as a part of the configuration; splits and the card are not in it. */
export function formatFlags(flags: DatasetFlags): Record<string, unknown> {
  const { format, system, reasoning, strategy, thinking, license, trainer } = flags;
  return { default: format, system, reasoning, strategy, thinking, license, trainers: trainer };
}
