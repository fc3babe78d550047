import { Command } from "commander";
import { collect, type CommonOptions, integer } from "./options.js";

export interface ImportFlags extends CommonOptions {
  task: string;
  map?: string[];
  keepValid?: boolean;
  tag?: string[];
  split?: string[];
  format?: string;
  seed?: number;
  preview?: boolean;
}

const examples = `
Files:
  csv       columns input and output, and if need be reasoning, chain_of_thought, tags (with commas between them);
            encoding and delimiter are found out
  json      JSON Lines or a list: objects of these keys, or records of any shape that save-as reads
  parquet   the same columns

Rows that are there already (the same input and output) are skipped. All rows are held against the task before any is
taken in. Pairs that quern made of documents keep document, place, model and rating.

Examples:
  quern import samples.csv --task "my task"
  quern import a.parquet b.jsonl --task "my task" --map input=question,output=answer --split train=80,test=20
  quern import samples.csv --task "my task" --keep-valid     the others go to samples.csv.rejected.jsonl
  quern import data/curated/report_qa_pairs_cleaned.json --task "my task" --tag handbook`;

export function importCommand(): Command {
  return new Command("import")
    .description("take samples of files into the dataset of a task")
    .argument("<file...>", "files: .csv, .tsv, .json, .jsonl, .parquet")
    .requiredOption("--task <path>", "folder of a task, or of a project that has one")
    .option(
      "--map <fields>",
      "columns of fields: input=question,output=answer; reasoning, chain_of_thought, tags",
      collect,
    )
    .option("--keep-valid", "take in the rows that comply, and put the others aside")
    .option("--tag <tag>", "a tag for all samples; can be repeated", collect)
    .option("--split <shares>", "tags of which each sample gets one: train=80,test=20", collect)
    .option("--format <format>", "csv, json or parquet (default: by the file's name)")
    .option("--seed <n>", "what the order of tags is made from", integer)
    .option("--preview", "look at the files and the task, and write nothing")
    .addHelpText("after", examples)
    .action(async (files: string[], _: unknown, self: Command) => {
      const { importAction } = await import("./actions/import.js");
      await importAction(files, self.optsWithGlobals<ImportFlags>());
    });
}
