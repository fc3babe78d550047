/**
 * A Lance dataset: a folder that `lance.dataset` opens. The records and their order are the same for the same input;
 * the bytes are not: Lance gives its files random names and writes the time into its manifests.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { guarded, replaceFolder } from "../../files/write.js";
import type { SaveStorage } from "../storage.js";
import { arrowTable } from "./arrow.js";
import { openTable, type Table } from "./spool.js";

/** Rows of a fragment and about their bytes of text. */
const fragmentRows = 20_000;
const fragmentBytes = 16 * 1024 * 1024;

export const lance: SaveStorage = {
  name: "lance",
  description: "a Lance dataset folder",
  isFolder: true,
  outputName: (stem, format, hasSplits = false) => {
    if (hasSplits) return `${stem}_${format.name}_lance`;
    return format.name === "jsonl" ? `${stem}.lance` : `${stem}_${format.name}.lance`;
  },
  splitName: (split) => `${split}.lance`,
  dataFile: (name) => name,
  open: (output, _, { shownAs = output }) =>
    openTable(output, shownAs, async (aside, table) => {
      await guarded(shownAs, () => writeLance(aside, table));
      await replaceFolder(path.join(aside, "lance", "data.lance"), output);
    }),
};

async function writeLance(aside: string, { columns, batches }: Table): Promise<void> {
  // Lance's own log would otherwise tell of every new dataset.
  process.env["LANCEDB_LOG"] ??= "error";
  const [lancedb, arrow] = await Promise.all([import("@lancedb/lancedb"), import("apache-arrow")]);
  const folder = path.join(aside, "lance");
  await mkdir(folder);
  const { schema, batch } = await arrowTable(columns);
  const db = await lancedb.connect(folder);
  // The library refuses most characters in a table's name, so the table is called "data" and then moved.
  const table = await db.createEmptyTable("data", schema);
  for await (const rows of batches(fragmentRows, fragmentBytes)) await table.add(new arrow.Table([batch(rows)]));
  table.close();
  db.close();
}
