import { createTypeNamed } from "../../pipeline/create/index.js";
import { setUp } from "../../pipeline/create/setup.js";
import { isDocument, readableExtensions } from "../../pipeline/ingest/read.js";
import { isRecordFile } from "../../pipeline/records/read.js";
import { create } from "../../pipeline/stages/create.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { Amount } from "../../pipeline/create/type.js";
import type { CreateFlags } from "../create.js";
import { modelFlags } from "../options.js";
import { readingFlags } from "../reading-options.js";
import { runCommand } from "../session.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

/** @param given the flags as they were given, for the command that a preview suggests */
export async function createAction(paths: string[], flags: CreateFlags, given: string): Promise<void> {
  const type = createTypeNamed(flags.type);
  const settings = { ...modelFlags(flags), ...readingFlags(flags) };
  await runCommand("create", flags, settings, async ({ config, reporter, signal, withBackend }) => {
    const ofRecords = type.input === "records";
    const { found, each } = await findInputs(paths, {
      accepts: ofRecords ? isEnhanceable : isDocument,
      datasets: !ofRecords,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, `${type.name} processing`, `quern create PATH${given}`);
      return { result: emptyResult() };
    }
    requireInputs(
      paths,
      found,
      ofRecords
        ? "files of pairs or conversations (.json .jsonl)"
        : `datasets (.lance) or documents (${readableExtensions.join(" ")})`,
    );
    const outputFolder = flags.outputDir ?? config.paths.output.generated;
    const amount = amountOf(flags);
    // What is wrong with prompts, numbers and examples is told before a model is loaded.
    await setUp(config, type, amount);
    const result = await withBackend((backend) =>
      create(found.inputs, { backend, config, type, amount, outputFolder, observer: reporter, signal }),
    );
    return { result };
  });
}

/** Files of records; what this very type has made is not worked on again when a folder is given. */
function isEnhanceable(name: string): boolean {
  return isRecordFile(name) && !name.endsWith("_enhanced.json");
}

/** What the flags say about how many records are wanted; undefined where they say nothing. */
export function amountOf(flags: { numPairs?: number; numPairsPerChunk?: number }): Amount | undefined {
  const { numPairs, numPairsPerChunk } = flags;
  if (numPairs === undefined && numPairsPerChunk === undefined) return undefined;
  return {
    ...(numPairs === undefined ? {} : { total: numPairs }),
    ...(numPairsPerChunk === undefined ? {} : { perChunk: numPairsPerChunk }),
  };
}
