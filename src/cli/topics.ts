import { Command } from "commander";
import { addModelOptions, notNegative } from "./options.js";
import {
  addGoalOptions,
  addGuidanceOptions,
  addSessionOptions,
  type SynthesisFlags,
  topicCounts,
} from "./synthesis-options.js";

const examples = `
Examples:
  quern topics my-task -n 10                       ten topics
  quern topics my-task -n 10,5 --depth 2           five under each of them
  quern topics my-task --under "Sports > Football" -n 6 --guidance "global, not only US-centric"
  quern topics my-task --add "Sports > Chess" --remove "Weather" --rename "Sports > Soccer=Football"
  quern topics my-task --to topics.txt             writes the tree as indented text; --from reads one`;

export interface TopicsFlags extends SynthesisFlags {
  topics?: number[];
  depth?: number;
  under?: string;
  add?: string[];
  remove?: string[];
  rename?: string[];
  from?: string;
  to?: string;
  list?: boolean;
}

const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];

export function topicsCommand(): Command {
  const command = new Command("topics")
    .description("a tree of topics for a task, so that its data covers all and nothing twice")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("-n, --topics <n>", "topics under each topic; for each level one number: 10,5", topicCounts)
    .option("--depth <n>", "levels of topics", notNegative)
    .option("--under <path>", 'only below this topic: "Sports > Football"')
    .option("--add <path>", "add a topic by hand; can be repeated", collect)
    .option("--remove <path>", "take a topic out, with all below it that is not saved", collect)
    .option("--rename <path=name>", "give a topic another name", collect)
    .option("--from <file>", "add the topics of an indented text file; - reads from stdin")
    .option("--to <file>", "write the tree as indented text")
    .option("--list", "print the tree and do nothing else");
  for (const add of [addSessionOptions, addGoalOptions, addModelOptions]) add(command);
  return addGuidanceOptions(command, ["topics"])
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { topicsAction } = await import("./actions/synthesis/topics.js");
      await topicsAction(task, self.optsWithGlobals<TopicsFlags>());
    });
}
