/** Writes documents as a dataset, in batches, so that memory does not depend on how many there are. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type * as Lancedb from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
import type { Document, DocumentImage, Section } from "../document.js";
import { asideName, ensureOutputFolder, guarded, replaceFolder } from "../files/write.js";
import { lanceExtension, lanceLibraries } from "./lance.js";

/** Rows are gathered to this many bytes, about, before they are written. */
const batchBytes = 24 * 2 ** 20;
/** Sections longer than this (characters) are cut at their pictures, so that none repeats a long text. */
const mostRepeated = 16_000;

export interface DatasetOptions {
  /** With the columns for pictures. */
  images: boolean;
}

/** A dataset being written aside; it appears under its name when it is complete. */
export class DocumentWriter {
  private rows: Record<string, unknown>[] = [];
  private gathered = 0;
  private table: Lancedb.Table | undefined;

  private constructor(
    private readonly folder: string,
    private readonly aside: string,
    private readonly db: Lancedb.Connection,
    private readonly schema: Schema,
    private readonly options: DatasetOptions,
  ) {}

  /**
   * @param folder the dataset's, ending in `.lance`; what stands there stays until `commit`
   * @throws {OutputError}
   */
  static async open(folder: string, options: DatasetOptions = { images: false }): Promise<DocumentWriter> {
    await ensureOutputFolder(path.dirname(folder));
    const { lancedb } = await lanceLibraries();
    const aside = asideName(folder);
    return await guarded(folder, async () => {
      await mkdir(aside, { recursive: true });
      return new DocumentWriter(folder, aside, await lancedb.connect(aside), await schemaOf(options), options);
    });
  }

  /** @throws {OutputError} when the disk is full or the folder cannot be written */
  async write(document: Document): Promise<void> {
    for (const row of this.options.images ? rowsWithImages(document) : rowsOf(document)) {
      this.rows.push(row);
      this.gathered += 3 * (row["text"] as string).length + ((row["image"] as Uint8Array | null)?.length ?? 0) + 200;
      if (this.gathered >= batchBytes) await this.flush();
    }
  }

  /** Puts the dataset in its place. */
  async commit(): Promise<void> {
    await this.flush();
    this.close();
    await replaceFolder(path.join(this.aside, `data${lanceExtension}`), this.folder);
    await rm(this.aside, { recursive: true, force: true });
  }

  /** Leaves what stood there before. */
  async discard(): Promise<void> {
    this.close();
    await rm(this.aside, { recursive: true, force: true });
  }

  private close(): void {
    this.table?.close();
    this.table = undefined;
    if (this.db.isOpen()) this.db.close();
  }

  private async flush(): Promise<void> {
    const { rows } = this;
    if (rows.length === 0) return;
    this.rows = [];
    this.gathered = 0;
    await guarded(this.folder, async () => {
      // The library refuses most characters in a table's name, so the table is called "data" and then moved.
      if (this.table === undefined) this.table = await this.db.createTable("data", rows, { schema: this.schema });
      else await this.table.add(rows);
    });
  }
}

/**
 * Writes one document; what stood there is replaced once the new one is complete.
 * @param folder the dataset's folder, ending in `.lance`
 * @throws {OutputError}
 */
export async function writeDocument(folder: string, document: Document): Promise<void> {
  const writer = await DocumentWriter.open(folder, { images: document.images !== undefined });
  try {
    await writer.write(document);
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function schemaOf({ images }: DatasetOptions): Promise<Schema> {
  const { arrow } = await lanceLibraries();
  const utf8 = new arrow.Utf8();
  const int32 = new arrow.Int32();
  return new arrow.Schema([
    new arrow.Field("text", utf8),
    ...(images
      ? [
          new arrow.Field("image", new arrow.Binary(), true),
          new arrow.Field("image_media_type", utf8, true),
          new arrow.Field("image_at", int32, true),
          new arrow.Field("image_description", utf8, true),
        ]
      : []),
    new arrow.Field("source", utf8),
    new arrow.Field("row", int32, true),
    new arrow.Field("page", int32, true),
    new arrow.Field("heading", utf8, true),
    new arrow.Field("start", int32),
    new arrow.Field("end", int32),
    new arrow.Field("hash", utf8),
    new arrow.Field("media_type", utf8),
  ]);
}

function rowOf(document: Document, section: Section): Record<string, unknown> {
  return {
    text: document.text.slice(section.start, section.end),
    source: document.source,
    row: document.row ?? null,
    page: section.page ?? null,
    heading: section.heading ?? null,
    start: section.start,
    end: section.end,
    hash: document.hash,
    media_type: document.mediaType,
  };
}

function* rowsOf(document: Document): Generator<Record<string, unknown>> {
  for (const section of document.sections) yield rowOf(document, section);
}

function* rowsWithImages(document: Document): Generator<Record<string, unknown>> {
  const without = { image: null, image_media_type: null, image_at: null, image_description: null };
  let given = 0;
  const images = [...(document.images ?? [])].sort((a, b) => a.at - b.at);
  for (const [index, whole] of document.sections.entries()) {
    const isLast = index === document.sections.length - 1;
    const own: DocumentImage[] = [];
    while (given < images.length && (isLast || images[given]!.at < whole.end)) own.push(images[given++]!);
    // A picture on a page without text of its own has its place in the text of another page.
    const isElsewhere = ({ page }: DocumentImage) =>
      page !== undefined && whole.page !== undefined && page !== whole.page;
    for (const { section, images: within } of cutAtImages(
      whole,
      own.filter((image) => !isElsewhere(image)),
    )) {
      const row = rowOf(document, section);
      if (within.length === 0) yield { ...row, ...without };
      for (const image of within) yield { ...row, ...columnsOf(image) };
    }
    for (const image of own.filter(isElsewhere))
      yield { ...rowOf(document, { start: image.at, end: image.at, page: image.page! }), ...columnsOf(image) };
  }
}

function columnsOf(image: DocumentImage): Record<string, unknown> {
  return {
    image: image.bytes,
    image_media_type: image.mediaType,
    image_at: image.at,
    image_description: image.description ?? null,
  };
}

/** A section whose text is short enough stays whole; a long one is cut so that each part has its own pictures. */
function cutAtImages(section: Section, images: readonly DocumentImage[]) {
  if (section.end - section.start <= mostRepeated || images.length < 2) return [{ section, images }];
  const parts: { section: Section; images: DocumentImage[] }[] = [];
  for (const image of images) {
    const last = parts.at(-1);
    const at = Math.min(Math.max(image.at, section.start), section.end);
    if (last !== undefined && at - last.section.start < mostRepeated / 4) last.images.push(image);
    else {
      if (last !== undefined) last.section.end = at;
      const start = last === undefined ? section.start : at;
      parts.push({ section: { ...section, start, end: section.end }, images: [image] });
    }
  }
  return parts;
}
