import { Command } from "commander";
import { addModelOptions, atLeastOne, notNegative, recordCount } from "./options.js";
import {
  addGoalOptions,
  addGuidanceOptions,
  addSessionOptions,
  type SynthesisFlags,
  topicCounts,
} from "./synthesis-options.js";

const examples = `
Examples:
  quern generate my-task --topics 10 -n 10         a hundred samples, saved into the task's dataset
  quern generate my-task --topics 6,4 --depth 2 -n 5 --prompt few-shot
  quern generate my-task --goal eval --template issue --field issue="it invents dates" --field failing_examples=@bad.txt
  quern generate my-task --goal fine-tune --tag batch_7 --guidance "in Spanish"`;

export interface GenerateFlags extends SynthesisFlags {
  topics?: number[];
  depth?: number;
  inputs?: number;
  each: number;
  keepRejected?: boolean;
}

export function generateCommand(): Command {
  const command = new Command("generate")
    .description("from a task to a dataset: topics, inputs, outputs and saving in one stream")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("--topics <n>", "topics under each topic; for each level one number: 10,5", topicCounts)
    .option("--depth <n>", "levels of topics; 0: inputs are made from the task alone", notNegative)
    .option("-n, --inputs <n>", "inputs for each topic that has none below it", recordCount)
    .option("--each <n>", "outputs of each input", atLeastOne, 1)
    .option("--prompt <name>", "how the task is put to the model: see quern outputs --help (default: basic)")
    .option("--keep-rejected", "save those too that the judge found to be something else, tagged label_mismatch")
    .option("--preview", "show what would be done, and what the model would be told");
  for (const add of [addSessionOptions, addGoalOptions, addModelOptions]) add(command);
  return addGuidanceOptions(command, ["topics", "inputs", "outputs"])
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { generateAction } = await import("./actions/synthesis/generate.js");
      await generateAction(task, self.optsWithGlobals<GenerateFlags>());
    });
}
