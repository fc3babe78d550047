/** Reads datasets back as documents, one after the other. */
import path from "node:path";
import type { Table } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";
import { InputError } from "../../errors.js";
import type { Document, DocumentImage } from "../document.js";
import { stemOf } from "../files/names.js";
import { imageTypeOf } from "./image-type.js";
import { OpenDataset, unreadable } from "./lance.js";

export interface DatasetReading {
  /** Pictures are read too, where the dataset has any. */
  images: boolean;
}

/** Rows with pictures that are read at once: each may be large. */
const rowsOfImages = 32;

/**
 * Reads the documents of a dataset in their order; memory holds one document and a batch of rows.
 * @param folder the dataset's
 * @throws {InputError} when it is not a dataset of documents, or an empty one
 */
export async function* readDocuments(
  folder: string,
  { images }: DatasetReading = { images: true },
): AsyncGenerator<Document, void, undefined> {
  await using dataset = await OpenDataset.open(folder);
  if (!dataset.columns.includes("text"))
    throw new InputError(`${folder} has no column "text" with text in it`, {
      remedy: "give a dataset made by `quern ingest`, or the document itself",
    });
  const withImages = images && dataset.columns.includes("image");
  const wanted = dataset.columns.filter((name) => known.has(name) && (withImages || !name.startsWith("image")));
  let assembler: Assembler | undefined;
  let given = 0;
  let rowsRead = 0;
  let textRows = 0;
  try {
    for await (const batch of batchesOf(dataset.table, wanted, withImages))
      for (const row of rowsOf(batch, wanted)) {
        rowsRead++;
        if (typeof row["text"] === "string") textRows++;
        if (assembler?.isOther(row) === true) {
          const document = assembler.document();
          if (document !== undefined) {
            given++;
            yield document;
          }
          assembler = undefined;
        }
        assembler ??= new Assembler(folder, row);
        assembler.add(row);
      }
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(folder, error);
  }
  const last = assembler?.document();
  if (last !== undefined) yield last;
  else if (given > 0) return;
  else if (rowsRead > 0 && textRows === 0)
    throw new InputError(`${folder} has no column "text" with text in it`, {
      remedy: "give a dataset made by `quern ingest`, or the document itself",
    });
  else throw new InputError(`${folder} holds no text`, { remedy: "ingest the document again" });
}

/**
 * Reads the document of a dataset that holds one.
 * @throws {InputError} when it holds several, or none
 */
export async function readDocument(folder: string, reading?: DatasetReading): Promise<Document> {
  let only: Document | undefined;
  for await (const document of readDocuments(folder, reading)) {
    if (only !== undefined)
      throw new InputError(`${folder} holds several documents`, { remedy: "read them one after the other" });
    only = document;
  }
  // There is one: a dataset without documents is refused while it is read.
  return only!;
}

const known = new Set([
  ...["text", "source", "row", "page", "heading", "start", "end", "hash", "media_type"],
  ...["image", "image_media_type", "image_at", "image_description"],
]);

type Row = Record<string, unknown>;

/** The rows in their order; those with pictures few at a time, since the library itself reads a thousand. */
async function* batchesOf(table: Table, columns: string[], withImages: boolean): AsyncGenerator<RecordBatch> {
  if (!withImages) {
    for await (const batch of table.query().select(columns)) yield batch;
    return;
  }
  for (let offset = 0; ; offset += rowsOfImages) {
    const page = await table.query().select(columns).offset(offset).limit(rowsOfImages).toArrow();
    yield* page.batches;
    if (page.numRows < rowsOfImages) return;
  }
}

function* rowsOf(batch: RecordBatch, columns: readonly string[]): Generator<Row> {
  const vectors = columns.map((name) => [name, batch.getChild(name)] as const);
  for (let i = 0; i < batch.numRows; i++) {
    const row: Row = {};
    for (const [name, vector] of vectors) row[name] = vector?.get(i);
    yield row;
  }
}

/** Puts the rows of one document together. */
class Assembler {
  private text: string[] = [];
  private length = 0;
  private readonly sections: Document["sections"] = [];
  private readonly images: DocumentImage[] = [];
  /** The row that gave the last section. */
  private last: { start: unknown; end: unknown; text: string; hadImage: boolean } | undefined;

  constructor(
    private readonly folder: string,
    private readonly first: Row,
  ) {}

  isOther(row: Row): boolean {
    return row["source"] !== this.first["source"] || row["row"] !== this.first["row"];
  }

  add(row: Row): void {
    const text = typeof row["text"] === "string" ? row["text"] : "";
    const hasImage = row["image"] instanceof Uint8Array;
    if (text !== "" && !this.continues(row, text, hasImage)) {
      this.addSection(row, text);
      this.last = { start: row["start"], end: row["end"], text, hadImage: hasImage };
    }
    if (hasImage) this.addImage(row, row["image"] as Uint8Array);
  }

  /** Whether the row has the text of the one before it once more, for another picture. */
  private continues(row: Row, text: string, hasImage: boolean): boolean {
    const { last } = this;
    if (last === undefined) return false;
    if (typeof row["start"] === "number") return row["start"] === last.start && row["end"] === last.end;
    return hasImage && last.hadImage && text === last.text;
  }

  private addSection(row: Row, text: string): void {
    const start = this.length;
    // Rows without offsets were separate texts; a blank line keeps them apart.
    const apart = row["start"] === undefined && this.length > 0 ? "\n\n" : "";
    this.text.push(apart, text);
    this.length += apart.length + text.length;
    this.sections.push({
      start,
      end: this.length,
      ...(typeof row["page"] === "number" ? { page: row["page"] } : {}),
      ...(typeof row["heading"] === "string" ? { heading: row["heading"] } : {}),
    });
  }

  private addImage(row: Row, view: Uint8Array): void {
    // The view keeps the whole batch in memory.
    const bytes = view.slice();
    const at = typeof row["image_at"] === "number" ? row["image_at"] : (this.sections.at(-1)?.start ?? 0);
    const string = (column: string) => (typeof row[column] === "string" ? row[column] : undefined);
    const description = string("image_description");
    this.images.push({
      at,
      ...(typeof row["page"] === "number" ? { page: row["page"] } : {}),
      mediaType: string("image_media_type") ?? imageTypeOf(bytes),
      bytes,
      ...(description === undefined ? {} : { description }),
    });
  }

  /** The document, or undefined where there is no text in it. */
  document(): Document | undefined {
    const text = this.text.join("");
    if (text.trim() === "") return undefined;
    const { first } = this;
    const string = (column: string) => (typeof first[column] === "string" ? first[column] : undefined);
    return {
      text,
      sections: this.sections,
      mediaType: string("media_type") ?? "text/plain",
      stem: stemOf(path.resolve(this.folder)),
      source: string("source") ?? this.folder,
      hash: string("hash") ?? "",
      ...(typeof first["row"] === "number" ? { row: first["row"] } : {}),
      ...("image" in first
        ? { images: this.images.map((image) => ({ ...image, at: Math.min(image.at, text.length) })) }
        : {}),
    };
  }
}
