import path from "node:path";
import { embedderOpener } from "../../backends/open-embedder.js";
import { UsageError } from "../../errors.js";
import { createTypeNamed } from "../../pipeline/create/index.js";
import { setUp } from "../../pipeline/create/setup.js";
import { stemOf } from "../../pipeline/files/names.js";
import { isDocument, readableExtensions } from "../../pipeline/ingest/read.js";
import { isFolderOutput, outputNameOf } from "../../pipeline/save/options.js";
import { isAddress } from "../../pipeline/ingest/sources/index.js";
import type { StoredRecord } from "../../pipeline/records/read.js";
import { run } from "../../pipeline/stages/run.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import { chosenDataset, refuseForeign } from "./chosen-dataset.js";
import { curationFlags } from "./curation-flags.js";
import { modelFlags } from "../options.js";
import { formatFlags } from "../dataset-options.js";
import { readingFlags } from "../reading-options.js";
import type { RunFlags } from "../run.js";
import { runCommand } from "../session.js";
import { amountOf } from "./create.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

/** @param given the flags as they were given, for the command that a preview suggests */
export async function runAction(paths: string[], flags: RunFlags, given: string): Promise<void> {
  const type = createTypeNamed(flags.type);
  if (type.input === "records" || type.items === undefined)
    throw new UsageError(`run makes question and answer records of documents; --type ${type.name} does not`, {
      remedy: `use quern create --type ${type.name}`,
    });
  const settings = {
    ...modelFlags(flags),
    ...readingFlags(flags),
    ...(await curationFlags(flags)),
    format: formatFlags(flags),
  };
  await runCommand("run", flags, settings, async ({ config, reporter, signal, withBackend }) => {
    const dataset = chosenDataset(config, flags);
    const { found, each } = await findInputs(paths, {
      accepts: (name) => isDocument(name, { images: type.seesPictures === true, ocr: config.ingest.ocr }),
      datasets: false,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, `${type.name} processing`, `quern run PATH${given}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, readableExtensions.join(" "));
    // What is wrong with prompts, numbers and examples is told before a model is loaded.
    await setUp(config, type, amountOf(flags));
    const { parsed, generated, curated, final } = config.paths.output;
    const folders = { parsed, generated, curated, final };
    if (flags.outputDir !== undefined)
      for (const stage of ["parsed", "generated", "curated", "final"] as const)
        folders[stage] = path.join(flags.outputDir, stage);
    const name = flags.name ?? (isAddress(paths[0]!) ? "dataset" : stemOf(path.resolve(paths[0]!)));
    if (isFolderOutput(dataset)) await refuseForeign(path.join(folders.final, outputNameOf(dataset, name)));
    /** The first records of the dataset, as it has them. */
    const shown: string[] = [];
    const onSaved = (record: StoredRecord) => {
      if (shown.length < flags.show) shown.push(JSON.stringify(dataset.format.encode(record, dataset.encoding)));
    };
    const result = await withBackend((backend) =>
      run({
        backend,
        config,
        inputs: found.inputs,
        type,
        amount: amountOf(flags),
        dataset,
        folders,
        name,
        onSaved,
        observer: reporter,
        signal,
        openEmbedder: embedderOpener(config, (text) => reporter.warn(text)),
      }),
    );
    if (shown.length > 0) reporter.made("");
    for (const line of shown) reporter.made(line.length > 600 ? `${line.slice(0, 600)}…` : line);

    return { result };
  });
}
