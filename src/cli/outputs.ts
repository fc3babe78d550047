import { Command } from "commander";
import { addModelOptions, atLeastOne } from "./options.js";
import { addGoalOptions, addGuidanceOptions, addSessionOptions, type SynthesisFlags } from "./synthesis-options.js";

const examples = `
Prompts:
  basic, few-shot, multi-shot, repairs, cot, few-shot-cot, multi-shot-cot, or the name or id of a saved prompt

Examples:
  quern outputs my-task
  quern outputs my-task --prompt few-shot --guidance "plain words"
  quern outputs my-task --again                    makes the outputs anew that are not saved yet`;

export interface OutputsFlags extends SynthesisFlags {
  each: number;
  under?: string;
  sample?: string[];
  again?: boolean;
}

export function outputsCommand(): Command {
  const command = new Command("outputs")
    .description("run the task on the inputs that have no output yet")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("--prompt <name>", "how the task is put to the model (default: basic)")
    .option("--each <n>", "outputs of each input", atLeastOne, 1)
    .option("--under <path>", "only of inputs below this topic")
    .option("--sample <id>", "only of this input; can be repeated", (id: string, list: string[] | undefined) => [
      ...(list ?? []),
      id,
    ])
    .option("--again", "make outputs anew that are there and not saved");
  for (const add of [addSessionOptions, addGoalOptions, addModelOptions]) add(command);
  return addGuidanceOptions(command, ["outputs"])
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { outputsAction } = await import("./actions/synthesis/outputs.js");
      await outputsAction(task, self.optsWithGlobals<OutputsFlags>());
    });
}
