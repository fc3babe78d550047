import { Command } from "commander";
import { givenFlags } from "./command-line.js";
import { addDatasetOptions, type DatasetFlags } from "./dataset-options.js";
import { collect, type CommonOptions, integer } from "./options.js";

export interface SaveFlags extends CommonOptions, DatasetFlags {
  output?: string;
  merge?: boolean;
  name?: string;
  seed?: number;
  recursive?: boolean;
  preview?: boolean;
  filter?: string[];
  prompt?: string;
  keepSplit?: string;
}

const examples = `
Formats:
  jsonl     the records as they are         alpaca    instruction, input, output
  ft        messages, an array              chatml    messages, a line for each conversation
  sharegpt  conversations of from and value openai    messages, held against OpenAI's rules
  as Kiln exports them, laid out by --strategy:
  openai_chat_jsonl                  messages
  openai_chat_json_schema_jsonl      messages, the answer an object of JSON
  openai_chat_toolcall_jsonl         messages, the answer a call of a tool
  huggingface_chat_template_jsonl    conversations of role and content
  huggingface_chat_template_toolcall_jsonl   conversations, the answer a call of a tool
  vertex_gemini                      contents of user and model

Storages:
  json      as the format is laid out by custom: lines or an array
  jsonl     lines, whatever the format      parquet   one compressed file
  hf        for datasets.load_from_disk     lance     a Lance dataset

Examples:
  quern save-as data/curated/report_qa_pairs_cleaned.json -f alpaca --storage hf
  quern save-as data/curated -f openai --merge -o train.jsonl
  quern save-as data/curated -f ft --storage parquet --merge --name mills \\
    --split train=0.9,validation=0.05,test=0.05 --license cc-by-4.0 -o data/final/mills
  quern save-as data/generated/report_cot_examples.json -f ft --reasoning think-tags --system ""
  quern save-as "my task" -f openai_chat_jsonl --filter high_rating --filter tag::fine_tune_data \\
    --split train=0.8,val=0.2 --keep-split "first tune"

Of a task's folder (or a project's that has one task) the runs are saved: the repaired output where there is one, with
the task's instruction and requirements as the system text. Filters:
  all  high_rating  thinking_model  thinking_model_high_rated  repaired  unrated  rating>=4  tag::eval_data
  label::pass  source::synthetic  text::word  multi_filter::high_rating&tag::eval_data

Records of one document are never put into two splits. A folder of a dataset gets a card (README.md) and files
for trainers; a file gets them with --card and --trainer.`;

export function saveAsCommand(): Command {
  const command = new Command("save-as")
    .description("convert records to a format that trainers load")
    .argument("<path...>", "files of records (.json, .jsonl), directories of them, or folders of tasks");
  return addDatasetOptions(command)
    .option("-o, --output <path>", "the dataset for a single input, else a directory (default: data/final)")
    .option("--merge", "make one dataset of all inputs")
    .option("--name <name>", "what the merged dataset is called (default: merged)")
    .option("--seed <n>", "what records are put into splits by", integer)
    .option("-r, --recursive", "look into directories within directories")
    .option("--preview", "show what would be done")
    .option("--filter <filter>", "which runs of a task; several times: those that match all", collect)
    .option("--prompt <name>", "system text of a task's runs: basic, none, or a saved prompt (default: basic)")
    .option("--keep-split <name>", "keep which run is in which split in the task's folder, as Kiln does")
    .addHelpText("after", examples)
    .action(async (paths: string[], _: unknown, self: Command) => {
      const { saveAction } = await import("./actions/save-as.js");
      await saveAction(paths, self.optsWithGlobals<SaveFlags>(), givenFlags(self));
    });
}
