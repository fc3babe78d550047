import { Command } from "commander";
import type { CommonOptions } from "./options.js";

export interface ConfigShowFlags extends CommonOptions {
  changed?: boolean;
}

export function configCommand(): Command {
  const config = new Command("config")
    .description("show the configuration that counts, or check a file")
    .addHelpText("after", "\nExample:\n  quern -c my.yaml config show\n  quern config check my.yaml");
  for (const command of [show(), check()])
    config.addCommand(command.exitOverride().showHelpAfterError("(add --help for what is possible)"));
  return config;
}

function show(): Command {
  return new Command("show")
    .description("every key with its value and where that comes from: defaults, the file of -c, the environment")
    .argument("[section]", "only what is below this name: generation, paths.output")
    .option("--changed", "only what is not as the defaults have it")
    .addHelpText(
      "after",
      "\nKeys of servers are not shown.\n\nExample:\n  quern -c my.yaml config show --changed\n  quern config show generation",
    )
    .action(async (section: string | undefined, _: unknown, self: Command) => {
      const { configShowAction } = await import("./actions/config.js");
      await configShowAction(section, self.optsWithGlobals<ConfigShowFlags>());
    });
}

function check(): Command {
  return new Command("check")
    .description("whether a file can be used: its YAML, its keys, their values, the placeholders of its prompts")
    .argument("<file>", "a YAML file")
    .addHelpText(
      "after",
      "\nExit code 0 when it can be used, though there may be warnings; 2 when not.\n\nExample:\n  quern config check my.yaml",
    )
    .action(async (file: string, _: unknown, self: Command) => {
      const { configCheckAction } = await import("./actions/config.js");
      await configCheckAction(file, self.optsWithGlobals<CommonOptions>());
    });
}
