import { Command } from "commander";
import type { SynthesisFlags } from "./synthesis-options.js";

const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];

const examples = `
Examples:
  quern samples my-task                            what the session holds, by topic
  quern samples my-task --show 7712                one sample, whole
  quern samples my-task --remove 7712 --remove-output 8833
  quern samples my-task --add "A story about a flood" --under "Weather"
  quern samples my-task --edit-output 7712 --text @better.txt
  quern samples my-task --sessions                 the task's sessions`;

export interface SamplesFlags extends SynthesisFlags {
  under?: string;
  show?: string;
  add?: string;
  remove?: string[];
  removeOutput?: string[];
  editInput?: string;
  editOutput?: string;
  text?: string;
  sessions?: boolean;
  removeSession?: string[];
}

export function samplesCommand(): Command {
  return new Command("samples")
    .description("look at what a session has made and not saved yet, and change it by hand")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("--session <id>", "the session (default: the last that is not finished)")
    .option("--under <path>", "only below this topic; with --add: the topic of the input")
    .option("--show <id>", "one sample, whole; the beginning of an id is enough")
    .option("--add <input>", "add an input of your own; @file reads a file")
    .option("--remove <id>", "take a sample out; can be repeated", collect)
    .option("--remove-output <id>", "take an output away, so that it is made anew; can be repeated", collect)
    .option("--edit-input <id>", "put --text in the place of an input; its output is taken away")
    .option("--edit-output <id>", "put --text in the place of an output")
    .option("--text <text>", "for --edit-input and --edit-output; @file reads a file")
    .option("--sessions", "list the task's sessions")
    .option("--remove-session <id>", "take a session away with all that is not saved; can be repeated", collect)
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { samplesAction } = await import("./actions/synthesis/samples.js");
      await samplesAction(task, self.optsWithGlobals<SamplesFlags>());
    });
}
