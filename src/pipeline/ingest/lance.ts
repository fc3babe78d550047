/**
 * Parsed documents as Lance datasets, which other programs read too. One row per section, whose texts joined give the
 * document's text; many documents follow each other in one dataset where the source has rows. Columns: `text` as in
 * synthetic-data-kit, and where it comes from: `source`, `row`, `page`, `heading`, `start` and `end` (UTF-16 code units
 * in the document's text), `hash` (SHA-256 of the source file), `media_type`.
 *
 * With pictures: one row per picture, the section's text with each, and a row without one where a section has none;
 * `image` (the bytes), `image_media_type`, `image_at` (where it stands in the document's text), `image_description`.
 * Rows with the same `start` and `end` are one section. Datasets of synthetic-data-kit have `text` alone, or `text` and
 * `image`, and are read as one document.
 */
import { readdir, realpath, stat, symlink } from "node:fs/promises";
import path from "node:path";
import type * as Lancedb from "@lancedb/lancedb";
import { InputError, messageOf } from "../../errors.js";
import type { Owner } from "../files/names.js";
import { TemporaryFolder } from "../files/temporary.js";

/** The ending of a dataset's folder. */
export const lanceExtension = ".lance";

/** The libraries are large: they are loaded when they are needed. */
export async function lanceLibraries() {
  // Lance's own log would otherwise tell of every new dataset.
  process.env["LANCEDB_LOG"] ??= "error";
  const [lancedb, arrow] = await Promise.all([import("@lancedb/lancedb"), import("apache-arrow")]);
  return { lancedb, arrow };
}

/** A dataset that is open for reading; its version stays the same while it is. */
export class OpenDataset implements AsyncDisposable {
  private constructor(
    readonly table: Lancedb.Table,
    /** Names of the columns. */
    readonly columns: readonly string[],
    private readonly db: Lancedb.Connection,
    private readonly link: TemporaryFolder,
  ) {}

  /**
   * @param folder the dataset's, under any name
   * @throws {InputError} when it is no dataset, or not complete
   */
  static async open(folder: string): Promise<OpenDataset> {
    const { lancedb } = await lanceLibraries();
    // The library refuses most characters in a table's name, so it is opened by another.
    const link = new TemporaryFolder();
    try {
      const target = await realpath(folder);
      const entries = await readdir(target);
      if (!entries.includes("_versions")) throw new Error("there is no complete version in it");
      await symlink(target, path.join(await link.path(), `data${lanceExtension}`), "dir");
      const db = await lancedb.connect(await link.path());
      const table = await db.openTable("data");
      const columns = (await table.schema()).fields.map((field) => field.name);
      return new OpenDataset(table, columns, db, link);
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw unreadable(folder, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.table.close();
    this.db.close();
    await this.link[Symbol.asyncDispose]();
  }
}

/** What is said of a dataset that cannot be read. */
export function unreadable(folder: string, cause: unknown): InputError {
  return new InputError(`${folder} is not a readable Lance dataset: ${messageOf(cause).split("\n")[0] ?? ""}`, {
    remedy: "ingest the document again",
    cause,
  });
}

/** Which source a dataset was made from, or undefined where there is none or it does not say. */
export async function sourceOf(folder: string): Promise<Owner | undefined> {
  if ((await stat(folder).catch(() => undefined)) === undefined) return undefined;
  try {
    await using dataset = await OpenDataset.open(folder);
    const columns = ["source", "hash"].filter((name) => dataset.columns.includes(name));
    const [row] = (await dataset.table.query().select(columns).limit(1).toArray()) as Record<string, unknown>[];
    if (typeof row?.["source"] === "string")
      return { source: row["source"], hash: typeof row["hash"] === "string" ? row["hash"] : undefined };
  } catch {
    // Below.
  }
  // Something is there that cannot be read: it belongs to nobody known, so it must not be overwritten.
  return { source: folder };
}
