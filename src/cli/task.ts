import { Command, Option } from "commander";
import type { CommonOptions } from "./options.js";

const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];

export interface TaskFieldFlags extends CommonOptions {
  name?: string;
  instruction?: string;
  instructionFile?: string;
  description?: string;
  requirement?: string[];
  inputSchema?: string;
  outputSchema?: string;
  thinkingInstruction?: string;
  dataGuide?: string;
}

export interface TaskInitFlags extends TaskFieldFlags {
  file?: string;
  project?: string;
}

export interface TaskEditFlags extends TaskFieldFlags {
  file?: string;
  addRequirement?: string[];
  removeRequirement?: string[];
  force?: boolean;
  editor?: boolean;
}

export interface TaskShowFlags extends CommonOptions {
  prompt?: string;
}

const initExamples = `
A task in a file (-f), with - from stdin:
  name: Headline Writer
  instruction: Write a headline for the news story.
  requirements:
    - Short: At most ten words.
    - Kind [0, pass_fail]: Never blame the reader.
  output_schema:
    type: object
    properties: { headline: { type: string } }
    required: [headline]
  data_guide: Stories of local newspapers, 50 to 300 words.

Other keys: description, input_schema, thinking_instruction. Or Markdown, whose text is the instruction: below a heading
that is the name, or below the keys between two lines of ---.

Examples:
  quern task init -f task.yaml
  quern task init -f headline-writer.md
  quern task init headlines --name "Headline Writer" --instruction "Write a headline for the news story." \\
    --requirement "Short: At most ten words." --output-schema headline.json
  quern task init my-project --name "Another task" --instruction @prompt.md    adds a task to a project`;

const fileOption = [
  "-f, --file <file>",
  "a file of YAML, JSON or Markdown that describes the task; - for stdin",
] as const;

function addFields(command: Command): Command {
  return command
    .option("--name <name>", "the task's name")
    .option("--instruction <text>", "what the task is, as a model is told; @file reads a file, @- stdin")
    .option("--instruction-file <file>", "the file that the instruction stands in; - for stdin")
    .option("--description <text>", "a note for people; models never see it")
    .option(
      "--requirement <text>",
      'what outputs must fulfil: "Name: instruction"; "Name [0, pass_fail]: instruction" sets priority (0 to 3) and rating',
      collect,
    )
    .option("--input-schema <schema>", "JSON Schema of inputs, as text or a file; none: plain text")
    .option("--output-schema <schema>", "JSON Schema of outputs, an object with properties; none: plain text")
    .option("--thinking-instruction <text>", "what a model is to think about first, for prompts that let it")
    .option("--data-guide <text>", "what real inputs are like, in Markdown; @file reads a file");
}

export function taskCommand(): Command {
  const task = new Command("task")
    .description("tasks on disk, in Kiln's format: make, show, change, check")
    .addHelpText("after", "\nExample:\n  quern task init -f task.yaml\n  quern task show headline-writer");
  for (const command of [init(), show(), edit(), check()])
    task.addCommand(command.exitOverride().showHelpAfterError("(add --help for what is possible)"));
  return task;
}

function init(): Command {
  const command = new Command("init")
    .description("make a task: a project folder with it, or one more in a project that is there")
    .argument("[folder]", "the project's folder (default: named after the task)")
    .option(...fileOption)
    .option("--project <name>", "the project's name, where one is made (default: the task's)");
  return addFields(command)
    .addHelpText("after", initExamples)
    .action(async (folder: string | undefined, _: unknown, self: Command) => {
      const { initAction } = await import("./actions/task/init.js");
      await initAction(folder, self.optsWithGlobals<TaskInitFlags>());
    });
}

function show(): Command {
  return new Command("show")
    .description("a task, its dataset and its sessions")
    .argument("[task]", "folder of a task or a project", ".")
    .option("--prompt <name>", "print the system text of a prompt: basic, few-shot, ..., or a saved one")
    .addHelpText("after", "\nExample:\n  quern task show my-task\n  quern task show my-task --json")
    .action(async (task: string, _: unknown, self: Command) => {
      const { showAction } = await import("./actions/task/show.js");
      await showAction(task, self.optsWithGlobals<TaskShowFlags>());
    });
}

function edit(): Command {
  const command = new Command("edit")
    .description("change what a task says; everything else in its file stays as it is")
    .argument("[task]", "folder of a task, or of a project that has one", ".")
    .option(...fileOption)
    .option("--add-requirement <text>", "as --requirement: adds one, or replaces the one of that name", collect)
    .option("--remove-requirement <name>", "take a requirement out, by name or id", collect)
    .addOption(new Option("--force", "change a schema although runs of the dataset do not comply with it"))
    .option("--editor", "open the task in $EDITOR, as YAML");
  return addFields(command)
    .addHelpText(
      "after",
      '\nAn empty text takes what may be absent away: --output-schema "" or --data-guide "".\nA schema is changed only where all runs of the dataset comply with the new one, unless --force is given.\n\nExamples:\n  quern task edit my-task --add-requirement "Kind: Never blame the reader." --data-guide @guide.md\n  quern task edit my-task --remove-requirement Kind\n  quern task edit my-task --editor',
    )
    .action(async (task: string, _: unknown, self: Command) => {
      const { editAction } = await import("./actions/task/edit.js");
      await editAction(task, self.optsWithGlobals<TaskEditFlags>());
    });
}

function check(): Command {
  return new Command("check")
    .description("read every file of a task or project, and hold its runs against the schemas")
    .argument("[task]", "folder of a task or a project", ".")
    .addHelpText(
      "after",
      "\nOne line for each problem, with what to do. Exit codes: 0 all in order, 1 problems, 3 some files cannot be read.\n\nExample:\n  quern task check my-project",
    )
    .action(async (task: string, _: unknown, self: Command) => {
      const { checkAction } = await import("./actions/task/check.js");
      await checkAction(task, self.optsWithGlobals<CommonOptions>());
    });
}
