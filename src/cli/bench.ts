import { Command } from "commander";
import { addModelOptions, atLeastOne, type CommonOptions, type ModelOptions } from "./options.js";
import { InvalidArgumentError } from "commander";

export interface BenchFlags extends CommonOptions, ModelOptions {
  requests?: number[];
  promptTokens: number;
  answerTokens: number;
  keep?: boolean;
  server?: boolean;
}

function numbers(text: string): number[] {
  const list = text.split(",").map((part) => Number(part));
  if (list.some((number) => !Number.isInteger(number) || number < 1 || number > 1024))
    throw new InvalidArgumentError("it must be whole numbers from 1 to 1024 with commas between.");
  return [...new Set(list)].sort((a, b) => a - b);
}

export function benchCommand(): Command {
  const command = new Command("bench")
    .description("measure how fast the model runs here, find the best settings, and keep them if wanted")
    .option("--requests <list>", "requests at once to measure with (default: 1, 2, 4, ... up to the plan)", numbers)
    .option("--prompt-tokens <n>", "tokens of each prompt", atLeastOne, 256)
    .option("--answer-tokens <n>", "tokens of each answer", atLeastOne, 64)
    .option("--server", "measure llama.cpp's own server too, and keep it if it is faster")
    .option("--keep", "keep the best settings for this machine and model without asking")
    .option("--no-keep", "do not ask");
  return addModelOptions(command)
    .addHelpText(
      "after",
      "\nKept settings are used wherever the configuration says auto. Have nothing else running.\n\nExample:\n  quern bench\n  quern bench -m qwen3-4b.gguf --requests 1,8,16 --keep",
    )
    .action(async (_: unknown, self: Command) => {
      const { benchAction } = await import("./actions/bench.js");
      await benchAction(self.optsWithGlobals<BenchFlags>());
    });
}
