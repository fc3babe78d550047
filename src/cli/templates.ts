import { Command } from "commander";
import type { CommonOptions } from "./options.js";

export function templatesCommand(): Command {
  const templates = new Command("templates")
    .description("what the model is told at each stage of making data from a task")
    .addHelpText(
      "after",
      '\nExamples:\n  quern templates list\n  quern templates copy issue my-issue.yaml\n  quern generate my-task --goal eval --template my-issue.yaml --field issue="It invents prices."',
    );
  for (const command of [list(), show(), copy()])
    templates.addCommand(command.exitOverride().showHelpAfterError("(add --help for what is possible)"));
  return templates;
}

function list(): Command {
  return new Command("list")
    .description("the templates there are")
    .addHelpText("after", "\nExample:\n  quern templates list --json")
    .action(async (_: unknown, self: Command) => {
      const { listAction } = await import("./actions/templates.js");
      await listAction(self.optsWithGlobals<CommonOptions>());
    });
}

function show(): Command {
  return new Command("show")
    .description("the texts of a template")
    .argument("<template>", "a name of the list, or a file")
    .addHelpText("after", "\nExamples:\n  quern templates show jailbreak\n  quern templates show issue > my-issue.yaml")
    .action(async (name: string, _: unknown, self: Command) => {
      const { showAction } = await import("./actions/templates.js");
      await showAction(name, self.optsWithGlobals<CommonOptions>());
    });
}

function copy(): Command {
  return new Command("copy")
    .description("write a template into a file of your own, to be changed and given with --template")
    .argument("<template>", "a name of the list, or a file")
    .argument("<file>", "the file, which must not be there yet")
    .addHelpText("after", "\nExample:\n  quern templates copy issue my-issue.yaml")
    .action(async (name: string, file: string, _: unknown, self: Command) => {
      const { copyAction } = await import("./actions/templates.js");
      await copyAction(name, file, self.optsWithGlobals<CommonOptions>());
    });
}
