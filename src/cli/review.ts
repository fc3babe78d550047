import { Command } from "commander";
import { addModelOptions, atLeastOne, type CommonOptions, type ModelOptions } from "./options.js";

const examples = `
On a terminal, by keys (? shows all): 1-5 stars, p/f pass or fail, m by requirement, r repair, e edit, t tags,
d delete, u undo, n next, b back, / search, q quit. Every change is on disk before the next screen.

Filters (all that are given must match):
  all, high_rating, unrated, repaired, rating>=4, tag::x, label::pass, source::synthetic, text::word,
  thinking_model, multi_filter::high_rating&tag::x

Examples:
  quern review my-task                                 what nobody has reviewed yet
  quern review my-task --all --filter tag::eval_data -m qwen3-8b
  quern review my-task --list --filter unrated --json
  quern review my-task --rate 412345678901=4 --fail 523456789012
  quern review my-task --requirement Short=5 --requirement True=pass --id 412345678901
  quern review my-task --tag-add checked --tag-remove draft --filter "rating>=4"
  quern review my-task --edit 412345678901 --output better.json
  quern review my-task --repair 412345678901 "name the product" -m qwen3-8b
  quern review my-task --repair-all "shorter, and no exclamation marks" --filter tag::draft -m qwen3-8b`;

export interface ReviewFlags extends CommonOptions, ModelOptions {
  all?: boolean;
  filter?: string[];
  sort?: string;
  reverse?: boolean;
  /** False: ratings stay at the sample. */
  advance?: boolean;
  list?: boolean;
  limit?: number;
  id?: string[];
  rate?: string[];
  pass?: string[];
  fail?: string[];
  requirement?: string[];
  tagAdd?: string[];
  tagRemove?: string[];
  edit?: string;
  output?: string;
  repair?: string[];
  repairAll?: string;
  again?: boolean;
  removeRepair?: string;
  feedback?: string[];
  delete?: string[];
  deleteAll?: boolean;
  yes?: boolean;
  preview?: boolean;
}

const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];

export function reviewCommand(): Command {
  const command = new Command("review")
    .description("rate, repair, edit, tag and delete the samples of a task")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option("--all", "on a terminal: those too that are reviewed")
    .option("--filter <filter>", "only runs that match; can be repeated", collect)
    .option("--sort <order>", "folder, created, rating, topic, length or id (default: folder)")
    .option("--reverse", "the other way round")
    .option("--no-advance", "on a terminal: a rating does not go on to the next sample")
    .option("--list", "print the runs and do nothing else; with --json all of each")
    .option("--limit <n>", "of --list: most runs", atLeastOne)
    .option("--rate <id=rating>", "1 to 5, pass, fail, or none; can be repeated", collect)
    .option("--pass <id>", "rate a run as passed; can be repeated", collect)
    .option("--fail <id>", "rate a run as failed; can be repeated", collect)
    .option("--requirement <name=rating>", "rate by one of the task's requirements; can be repeated", collect)
    .option("--id <id>", "the run that is meant; can be repeated", collect)
    .option("--tag-add <tag>", "add a tag to all runs of --filter or --id; can be repeated", collect)
    .option("--tag-remove <tag>", "take a tag away from them; can be repeated", collect)
    .option("--edit <id>", "put another output in the place of one")
    .option("--output <file>", "of --edit and --repair: the new output; - reads from stdin")
    .option("--repair <id-and-instruction...>", 'let the model repair an output: --repair ID "shorter"')
    .option("--repair-all <instruction>", "let the model repair the outputs of all runs of --filter or --id")
    .option("--again", "of --repair-all: those too that are repaired already")
    .option("--remove-repair <id>", "take a repair away; the output stays")
    .option("--feedback <id-and-text...>", 'leave a comment: --feedback ID "text"')
    .option("--delete <id>", "delete a run; can be repeated", collect)
    .option("--delete-all", "delete all runs of --filter; needs --yes")
    .option("--yes", "of --delete-all: it is meant")
    .option("--preview", "show what would be done: how many runs are meant, or what the model makes");
  return addModelOptions(command)
    .addHelpText("after", examples)
    .action(async (task: string, _: unknown, self: Command) => {
      const { reviewAction } = await import("./actions/review/index.js");
      await reviewAction(task, self.optsWithGlobals<ReviewFlags>());
    });
}
