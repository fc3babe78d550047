/**
 * A folder that Hugging Face's `datasets.load_from_disk` opens: one Arrow stream file, `dataset_info.json` and
 * `state.json`, as the library's own `save_to_disk` lays them out; with splits a folder for each, and
 * `dataset_dict.json`.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { FileWriter, guarded, replaceFolder } from "../../files/write.js";
import type { SaveStorage } from "../storage.js";
import { arrowTable, batchBytes, batchRows, featuresOf } from "./arrow.js";
import { openTable, type Table } from "./spool.js";

const dataFile = "data-00000-of-00001.arrow";

export const hf: SaveStorage = {
  name: "hf",
  description: "a folder for Hugging Face's datasets.load_from_disk; with splits a DatasetDict",
  isFolder: true,
  outputName: (stem, format) => `${stem}_${format.name}_hf`,
  splitName: (split) => split,
  dataFile: (name) => (name === "" ? dataFile : `${name}/${dataFile}`),
  dataType: "arrow",
  open: (output, _, { shownAs = output }) =>
    openTable(output, shownAs, async (aside, table) => {
      const folder = path.join(aside, "dataset");
      await guarded(shownAs, () => mkdir(folder));
      const digest = await writeArrow(path.join(folder, dataFile), table, shownAs);
      await guarded(shownAs, () => writeDescription(folder, table, digest));
      await replaceFolder(folder, output);
    }),
  describeSplits: (folder, splits) =>
    guarded(folder, () => writeFile(path.join(folder, "dataset_dict.json"), `${JSON.stringify({ splits })}\n`)),
};

/** @returns a digest of what was written, by which `datasets` tells one dataset from another */
async function writeArrow(file: string, { columns, batches }: Table, output: string): Promise<string> {
  const { RecordBatchStreamWriter } = await import("apache-arrow");
  const { schema, batch } = await arrowTable(columns);
  const target = await FileWriter.open(file, output);
  const digest = createHash("sha256");
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  try {
    const copied = (async () => {
      // Pieces are written as the writer makes them, so that only one batch is in memory.
      for await (const piece of writer as AsyncIterable<Uint8Array>) {
        digest.update(piece);
        await target.write(piece);
      }
    })();
    for await (const rows of batches(batchRows, batchBytes)) writer.write(batch(rows));
    writer.finish();
    await copied;
    await target.commit();
  } catch (error) {
    await target.discard();
    throw error;
  }
  return digest.digest("hex");
}

async function writeDescription(folder: string, { columns }: Table, digest: string): Promise<void> {
  const info = { citation: "", description: "", features: featuresOf(columns), homepage: "", license: "" };
  const state = {
    _data_files: [{ filename: dataFile }],
    _fingerprint: digest.slice(0, 16),
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: null,
  };
  await writeFile(path.join(folder, "dataset_info.json"), `${JSON.stringify(info, null, 2)}\n`);
  await writeFile(path.join(folder, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
}
