import { Command } from "commander";
import { integer } from "./options.js";
import { addSessionOptions, type SynthesisFlags } from "./synthesis-options.js";

const examples = `
Examples:
  quern save my-task
  quern save my-task --tag batch_7 --split train=80,test=20
  quern save my-task --keep-rejected               those too that the judge found to be something else`;

export interface SaveFlags extends SynthesisFlags {
  keepRejected?: boolean;
  under?: string;
}

export function saveCommand(): Command {
  const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];
  const command = new Command("save")
    .description("save the samples of a session into the task's dataset, with their tags")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("--tag <tag>", "a tag for all samples; can be repeated", collect)
    .option("--split <shares>", "tags of which each sample gets one: eval_data=80,golden_data=20", collect)
    .option("--under <path>", "only samples below this topic")
    .option("--keep-rejected", "save those too that the judge found to be something else, tagged label_mismatch")
    .option("--seed <n>", "what the order of tags is made from", integer);
  return addSessionOptions(command)
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { saveAction } = await import("./actions/synthesis/save.js");
      await saveAction(task, self.optsWithGlobals<SaveFlags>());
    });
}
