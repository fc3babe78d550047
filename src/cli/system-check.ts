import { Command } from "commander";
import { addModelOptions, type CommonOptions, type ModelOptions } from "./options.js";

export type SystemCheckFlags = CommonOptions & ModelOptions;

export function systemCheckCommand(): Command {
  const command = new Command("system-check").description(
    "show the machine, what can run a model, the plan with its reasons, and try one real request",
  );
  return addModelOptions(command)
    .addHelpText(
      "after",
      "\nExit code 0 only if the request was answered.\n\nExample:\n  quern system-check\n  quern system-check -m qwen3-4b.gguf --json\n  quern system-check --provider vllm --api-base http://localhost:8000/v1",
    )
    .action(async (_: unknown, self: Command) => {
      const { systemCheckAction } = await import("./actions/system-check.js");
      await systemCheckAction(self.optsWithGlobals<SystemCheckFlags>());
    });
}
