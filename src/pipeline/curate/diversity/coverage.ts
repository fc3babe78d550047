/** How much of the source the kept records were made from, by what their provenance says. */
import { z } from "zod";

const provenance = z.object({
  provenance: z.object({
    document: z.string().optional(),
    hash: z.string().optional(),
    row: z.number().optional(),
    chunk: z.number().int().nonnegative(),
  }),
});

export interface CoverageFigures {
  /** Documents that any record that came this far was made from, and those with records that were kept. */
  documents: number;
  documents_kept: number;
  /** Chunks of these documents, as far as is known: up to the last one that a record was made from. */
  chunks: number;
  chunks_kept: number;
  /** Of the chunks, 0 to 1. */
  share: number;
  /** Kept records of the documents with the most and the fewest, of those with any. */
  most_records: number;
  fewest_records: number;
  /** Records that do not say where they are from, or came after the bounds of memory. */
  unknown: number;
}

/** Documents and chunks that are told apart; records of others count as of unknown source. */
const mostDocuments = 200_000;
const mostChunks = 2_000_000;

interface Place {
  chunks: number;
  records: number;
  kept: Set<number>;
}

export class Coverage {
  private readonly documents = new Map<string, Place>();
  private chunks = 0;
  private unknown = 0;

  /** A record that came as far as this check. */
  reached(raw: Readonly<Record<string, unknown>>): void {
    const found = this.placeOf(raw);
    if (found !== undefined) found.place.chunks = Math.max(found.place.chunks, found.chunk + 1);
  }

  /** A record that was kept. */
  add(raw: Readonly<Record<string, unknown>>): void {
    const found = this.placeOf(raw);
    if (found === undefined || this.chunks >= mostChunks) {
      this.unknown++;
      return;
    }
    const { place, chunk } = found;
    place.records++;
    place.chunks = Math.max(place.chunks, chunk + 1);
    if (place.kept.has(chunk)) return;
    place.kept.add(chunk);
    this.chunks++;
  }

  /** @returns undefined where no record says where it is from */
  figures(): CoverageFigures | undefined {
    if (this.documents.size === 0) return undefined;
    const places = [...this.documents.values()];
    const withRecords = places.filter(({ records }) => records > 0);
    const chunks = places.reduce((sum, place) => sum + place.chunks, 0);
    return {
      documents: places.length,
      documents_kept: withRecords.length,
      chunks,
      chunks_kept: this.chunks,
      share: chunks === 0 ? 0 : this.chunks / chunks,
      most_records: withRecords.reduce((most, { records }) => Math.max(most, records), 0),
      fewest_records: withRecords.reduce((fewest, { records }) => Math.min(fewest, records), Infinity) || 0,
      unknown: this.unknown,
    };
  }

  private placeOf(raw: Readonly<Record<string, unknown>>): { place: Place; chunk: number } | undefined {
    if (raw["provenance"] === undefined) return undefined;
    const said = provenance.safeParse(raw).data?.provenance;
    if (said === undefined) return undefined;
    const { document, hash, row, chunk } = said;
    const key = `${hash ?? document ?? ""}:${row ?? ""}`;
    let place = this.documents.get(key);
    if (place === undefined) {
      if (this.documents.size >= mostDocuments) return undefined;
      place = { chunks: 0, records: 0, kept: new Set() };
      this.documents.set(key, place);
    }
    return { place, chunk };
  }
}
