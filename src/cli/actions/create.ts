import { createTypeNamed } from "../../pipeline/create/index.js";
import { supportedExtensions } from "../../pipeline/ingest/formats.js";
import { isDocument } from "../../pipeline/ingest/read.js";
import { create } from "../../pipeline/stages/create.js";
import { emptyResult } from "../../pipeline/stages/stage.js";
import type { Amount } from "../../pipeline/create/type.js";
import type { CreateFlags } from "../create.js";
import { modelFlags } from "../options.js";
import { runCommand } from "../session.js";
import { findInputs, requireInputs, showPreview } from "./inputs.js";

export async function createAction(paths: string[], flags: CreateFlags): Promise<void> {
  const type = createTypeNamed(flags.type);
  await runCommand("create", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    const { found, each } = await findInputs(paths, {
      accepts: isDocument,
      datasets: true,
      recursive: flags.recursive === true,
    });
    if (flags.preview === true) {
      showPreview(reporter, each, `${type.name} processing`, `quern create PATH --type ${type.name}`);
      return { result: emptyResult() };
    }
    requireInputs(paths, found, `datasets (.lance) or documents (${supportedExtensions.join(" ")})`);
    const outputFolder = flags.outputDir ?? config.paths.output.generated;
    const amount = amountOf(flags);
    const result = await withBackend((backend) =>
      create(found.inputs, { backend, config, type, amount, outputFolder, observer: reporter, signal }),
    );
    return { result };
  });
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
