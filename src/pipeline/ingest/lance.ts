/**
 * Parsed documents as Lance datasets: one row per section, whose texts joined give the document's text. Columns: `text`
 * as in synthetic-data-kit, and where it comes from: `source`, `page`, `heading`, `start` and `end` (characters in the
 * whole text), `hash` (SHA-256 of the source file), `media_type`.
 */
import { mkdir, mkdtemp, readdir, realpath, rm, stat, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { InputError, messageOf } from "../../errors.js";
import type { Document, Section } from "../document.js";
import { asideName, ensureOutputFolder, guarded, replaceFolder } from "../files/write.js";
import { type Owner, stemOf } from "../files/names.js";

/** The ending of a dataset's folder. */
export const lanceExtension = ".lance";

async function libraries() {
  // Lance's own log would otherwise tell of every new dataset.
  process.env["LANCEDB_LOG"] ??= "error";
  const [lancedb, arrow] = await Promise.all([import("@lancedb/lancedb"), import("apache-arrow")]);
  return { lancedb, arrow };
}

/**
 * Writes a document; what stood there is replaced once the new one is complete.
 * @param folder the dataset's folder, ending in `.lance`
 * @throws {OutputError}
 */
export async function writeDocument(folder: string, document: Document): Promise<void> {
  await ensureOutputFolder(path.dirname(folder));
  const { lancedb, arrow } = await libraries();
  const utf8 = new arrow.Utf8();
  const schema = new arrow.Schema([
    new arrow.Field("text", utf8),
    new arrow.Field("source", utf8),
    new arrow.Field("page", new arrow.Int32(), true),
    new arrow.Field("heading", utf8, true),
    new arrow.Field("start", new arrow.Int32()),
    new arrow.Field("end", new arrow.Int32()),
    new arrow.Field("hash", utf8),
    new arrow.Field("media_type", utf8),
  ]);
  const rows = document.sections.map((section) => ({
    text: document.text.slice(section.start, section.end),
    source: document.source,
    page: section.page ?? null,
    heading: section.heading ?? null,
    start: section.start,
    end: section.end,
    hash: document.hash,
    media_type: document.mediaType,
  }));
  // The library refuses most characters in a table's name, so the table is called "data" and then moved.
  const aside = asideName(folder);
  try {
    await guarded(folder, async () => {
      await mkdir(aside, { recursive: true });
      const db = await lancedb.connect(aside);
      const table = await db.createTable("data", rows, { schema, mode: "overwrite" });
      table.close();
      db.close();
    });
    await replaceFolder(path.join(aside, `data${lanceExtension}`), folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Reads a document back; also datasets that synthetic-data-kit wrote, which have the column `text` only.
 * @throws {InputError} when it is not a dataset of documents, or an empty one
 */
export async function readDocument(folder: string): Promise<Document> {
  const rows = await readRows(folder);
  if (rows.length > 0 && rows.every((row) => typeof row["text"] !== "string"))
    throw new InputError(`${folder} has no column "text" with text in it`, {
      remedy: "give a dataset made by `quern ingest`, or the document itself",
    });
  const ordered = [...rows].sort((a, b) => Number(a["start"] ?? 0) - Number(b["start"] ?? 0));
  let text = "";
  const sections: Section[] = [];
  for (const row of ordered) {
    if (typeof row["text"] !== "string" || row["text"] === "") continue;
    // Rows without offsets were separate texts; a blank line keeps them apart.
    if (row["start"] === undefined && text !== "") text += "\n\n";
    const start = sections.at(-1)?.end ?? 0;
    text += row["text"];
    sections.push({
      start,
      end: text.length,
      ...(typeof row["page"] === "number" ? { page: row["page"] } : {}),
      ...(typeof row["heading"] === "string" ? { heading: row["heading"] } : {}),
    });
  }
  if (text.trim() === "") throw new InputError(`${folder} holds no text`, { remedy: "ingest the document again" });
  const [first] = ordered;
  const string = (column: string) => (typeof first?.[column] === "string" ? first[column] : undefined);
  return {
    text,
    sections,
    mediaType: string("media_type") ?? "text/plain",
    stem: stemOf(path.resolve(folder)),
    source: string("source") ?? folder,
    hash: string("hash") ?? "",
  };
}

/** Which source a dataset was made from, or undefined where there is none or it does not say. */
export async function sourceOf(folder: string): Promise<Owner | undefined> {
  if ((await stat(folder).catch(() => undefined)) === undefined) return undefined;
  const rows = await readRows(folder, 1).catch(() => []);
  // Something is there that cannot be read: it belongs to nobody known, so it must not be overwritten.
  const [row] = rows;
  if (typeof row?.["source"] !== "string") return { source: folder };
  return { source: row["source"], hash: typeof row["hash"] === "string" ? row["hash"] : undefined };
}

async function readRows(folder: string, limit?: number): Promise<Record<string, unknown>[]> {
  const { lancedb } = await libraries();
  const link = await mkdtemp(path.join(os.tmpdir(), "quern-"));
  try {
    const target = await realpath(folder);
    const entries = await readdir(target);
    if (!entries.includes("_versions")) throw new Error("there is no complete version in it");
    await symlink(target, path.join(link, `data${lanceExtension}`), "dir");
    const db = await lancedb.connect(link);
    const table = await db.openTable("data");
    const columns = (await table.schema()).fields.map((field) => field.name).filter((name) => name !== "image");
    const query = table.query().select(columns);
    const rows = (await (limit === undefined ? query : query.limit(limit)).toArray()) as Record<string, unknown>[];
    const plain = rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
    table.close();
    db.close();
    return plain;
  } catch (error) {
    throw new InputError(`${folder} is not a readable Lance dataset: ${messageOf(error).split("\n")[0] ?? ""}`, {
      remedy: "ingest the document again",
      cause: error,
    });
  } finally {
    await rm(link, { recursive: true, force: true });
  }
}
