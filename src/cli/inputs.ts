import { Command } from "commander";
import { addModelOptions, recordCount } from "./options.js";
import { addGoalOptions, addGuidanceOptions, addSessionOptions, type SynthesisFlags } from "./synthesis-options.js";

const examples = `
Examples:
  quern inputs my-task -n 20                       for each topic that has none below it
  quern inputs my-task -n 5 --under "Sports"       below one topic
  quern inputs my-task -n 5 --under "Sports" --only  for this very topic
  quern inputs my-task -n 20 --guidance "in Spanish"`;

export interface InputsFlags extends SynthesisFlags {
  inputs?: number;
  under?: string;
  only?: boolean;
}

export function inputsCommand(): Command {
  const command = new Command("inputs")
    .description("inputs for a task, by topic, unlike each other and unlike those in the dataset")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("-n, --inputs <n>", "inputs that each topic is to have, or the task where there are no topics", recordCount)
    .option("--under <path>", 'only below this topic: "Sports > Football"')
    .option("--only", "for the topic of --under itself, whatever is below it; without --under for the task as a whole");
  for (const add of [addSessionOptions, addGoalOptions, addModelOptions]) add(command);
  return addGuidanceOptions(command, ["inputs"])
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { inputsAction } = await import("./actions/synthesis/inputs.js");
      await inputsAction(task, self.optsWithGlobals<InputsFlags>());
    });
}
