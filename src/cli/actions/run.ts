import path from "node:path";
import { createReadStream } from "node:fs";
import readline from "node:readline";
import { embedderOpener } from "../../backends/open-embedder.js";
import { UsageError } from "../../errors.js";
import { createTypeNamed } from "../../pipeline/create/index.js";
import { setUp } from "../../pipeline/create/setup.js";
import { stemOf } from "../../pipeline/files/names.js";
import { supportedExtensions } from "../../pipeline/ingest/formats.js";
import { isDocument } from "../../pipeline/ingest/read.js";
import { saveFormatNamed } from "../../pipeline/save/formats/index.js";
import { saveStorageNamed } from "../../pipeline/save/storages/index.js";
import { run } from "../../pipeline/stages/run.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import { curationFlags } from "./curation-flags.js";
import { modelFlags } from "../options.js";
import { commandToRun } from "../preview.js";
import type { Reporter } from "../reporter.js";
import type { RunFlags } from "../run.js";
import { runCommand } from "../session.js";
import { amountOf } from "./create.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

export async function runAction(paths: string[], flags: RunFlags): Promise<void> {
  const type = createTypeNamed(flags.type);
  if (type.input === "records" || type.items === undefined)
    throw new UsageError(`run makes question and answer records of documents; --type ${type.name} does not`, {
      remedy: `use quern create --type ${type.name}`,
    });
  const storage = saveStorageNamed(flags.storage);
  const curation = await curationFlags(flags);
  const settings = { ...modelFlags(flags), ...curation, format: { default: flags.format } };
  await runCommand("run", flags, settings, async ({ config, reporter, signal, withBackend }) => {
    const format = saveFormatNamed(config.format.default);
    const { found, each } = await findInputs(paths, {
      accepts: isDocument,
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, `${type.name} processing`, commandToRun());
      return { result: emptyResult() };
    }
    requireInputs(paths, found, supportedExtensions.join(" "));
    // What is wrong with prompts, numbers and examples is told before a model is loaded.
    await setUp(config, type, amountOf(flags));
    const { parsed, generated, curated, final } = config.paths.output;
    const folders = { parsed, generated, curated, final };
    if (flags.outputDir !== undefined)
      for (const stage of ["parsed", "generated", "curated", "final"] as const)
        folders[stage] = path.join(flags.outputDir, stage);
    const result = await withBackend((backend) =>
      run({
        backend,
        config,
        inputs: found.inputs,
        type,
        amount: amountOf(flags),
        format,
        storage,
        folders,
        name: flags.name ?? stemOf(path.resolve(paths[0]!)),
        observer: reporter,
        signal,
        openEmbedder: embedderOpener(config, (text) => reporter.warn(text)),
      }),
    );
    if (storage.name === "json") for (const output of result.outputs) await show(output, flags.show, reporter);
    return { result };
  });
}

/** Shows the beginning of a dataset. */
async function show(file: string, records: number, reporter: Reporter): Promise<void> {
  let shown = 0;
  if (records < 1) return;
  const lines = readline.createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) {
    if (shown === 0) reporter.made("");
    reporter.made(line.length > 600 ? `${line.slice(0, 600)}…` : line);
    if (++shown === records) break;
  }
}
