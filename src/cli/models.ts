import { Command, Option } from "commander";
import type { CommonOptions } from "./options.js";

export interface ListFlags extends CommonOptions {
  catalogue?: boolean;
}

export interface PullFlags extends CommonOptions {
  format: "gguf" | "safetensors";
  mmproj?: boolean;
  update?: boolean;
}

export interface ExportFlags extends CommonOptions {
  output: string;
}

export interface ImportFlags extends CommonOptions {
  force?: boolean;
}

export interface RemoveFlags extends CommonOptions {
  yes?: boolean;
}

const place = [
  "",
  "Models are kept in the folder QUERN_MODELS, or in the place that the system has for data of programs.",
  "Nothing is fetched but by `quern models pull`.",
].join("\n");

export function modelsCommand(): Command {
  const models = new Command("models")
    .description("keep models: list, fetch, verify, carry to another machine, remove")
    .addHelpText("after", `\nExample:\n  quern models list --catalogue\n  quern models pull qwen3-8b\n${place}`);
  for (const command of [list(), show(), pull(), verify(), exportModels(), importModels(), remove()])
    models.addCommand(command.exitOverride().showHelpAfterError("(add --help for what is possible)"));
  return models;
}

function list(): Command {
  return new Command("list")
    .description("the models that are here, or with --catalogue those that suit the work")
    .option("--catalogue", "models known to suit the work, by the memory they take")
    .addHelpText("after", "\nExample:\n  quern models list\n  quern models list --catalogue --json")
    .action(async (_: unknown, self: Command) => {
      const { listAction } = await import("./actions/models/list.js");
      await listAction(self.optsWithGlobals<ListFlags>());
    });
}

function show(): Command {
  return new Command("show")
    .description("what is known of a model: size, context, layers, files, hashes, licence, source")
    .argument("<model>", 'a name that `quern models list` shows, a path, or "embedded"')
    .addHelpText("after", "\nExample:\n  quern models show qwen3-8b\n  quern models show path/to/model.gguf --json")
    .action(async (name: string, _: unknown, self: Command) => {
      const { showAction } = await import("./actions/models/show.js");
      await showAction(name, self.optsWithGlobals<CommonOptions>());
    });
}

function pull(): Command {
  return new Command("pull")
    .description("fetch a model from a Hugging Face hub; goes on where an earlier try ended")
    .argument("<model>", "hf:owner/name[:QUANT | /file.gguf][@revision], or an id of the catalogue")
    .addOption(
      new Option("--format <format>", "of a model of the catalogue: gguf for llama.cpp, safetensors for vLLM")
        .choices(["gguf", "safetensors"])
        .default("gguf"),
    )
    .option("--mmproj", "also fetch the part that reads pictures")
    .option("--update", "ask the hub again, and replace a model that is here by what the hub has now")
    .addHelpText(
      "after",
      [
        "",
        "Example:",
        "  quern models pull qwen3-8b                            an id of the catalogue",
        "  quern models pull hf:Qwen/Qwen3-8B-GGUF:Q8_0          one quantization",
        "  quern models pull hf:Qwen/Qwen3-8B                    a whole model, for vLLM",
        "",
        "The hub is HF_ENDPOINT (or QUERN_HF_ENDPOINT); HF_TOKEN is sent to it alone. HF_HUB_OFFLINE=1 forbids to fetch.",
      ].join("\n"),
    )
    .action(async (name: string, _: unknown, self: Command) => {
      const { pullAction } = await import("./actions/models/pull.js");
      await pullAction(name, self.optsWithGlobals<PullFlags>());
    });
}

function verify(): Command {
  return new Command("verify")
    .description("read all of a model and compare it with the hashes it was fetched by")
    .argument("[model...]", "names of models; all where absent")
    .addHelpText("after", "\nExample:\n  quern models verify\n  quern models verify qwen3-8b --json")
    .action(async (names: string[], _: unknown, self: Command) => {
      const { verifyAction } = await import("./actions/models/verify.js");
      await verifyAction(names, self.optsWithGlobals<CommonOptions>());
    });
}

function exportModels(): Command {
  return new Command("export")
    .description("write models into one tar file, to carry them to a machine without a network")
    .argument("<model...>", "names of models")
    .requiredOption("-o, --output <file>", "the file to write")
    .addHelpText("after", "\nExample:\n  quern models export qwen3-8b gpt-oss-20b -o models.tar")
    .action(async (names: string[], _: unknown, self: Command) => {
      const { exportAction } = await import("./actions/models/bundle.js");
      await exportAction(names, self.optsWithGlobals<ExportFlags>());
    });
}

function importModels(): Command {
  return new Command("import")
    .description("bring the models of a tar file into the store, every file checked before anything is used")
    .argument("<bundle>", "a file that `quern models export` wrote")
    .option("--force", "replace models of the same names that are not the same")
    .addHelpText("after", "\nExample:\n  quern models import models.tar")
    .action(async (file: string, _: unknown, self: Command) => {
      const { importAction } = await import("./actions/models/bundle.js");
      await importAction(file, self.optsWithGlobals<ImportFlags>());
    });
}

function remove(): Command {
  return new Command("remove")
    .description("delete models of the store")
    .argument("<model...>", "names of models")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExample:\n  quern models remove Qwen--Qwen3-8B-GGUF--Q8_0 --yes")
    .action(async (names: string[], _: unknown, self: Command) => {
      const { removeAction } = await import("./actions/models/remove.js");
      await removeAction(names, self.optsWithGlobals<RemoveFlags>());
    });
}
