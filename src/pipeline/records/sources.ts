/** Finds the text a record was made from in the keys beside a file's records. */
import { z } from "zod";

const sourceSchema = z.object({
  hash: z.string().optional(),
  row: z.number().optional(),
  chunks: z.array(z.object({ index: z.number(), text: z.string() })),
});
const oneSchema = z.object({ source: sourceSchema });
const manySchema = z.object({ sources: z.array(sourceSchema) });
const placeSchema = z.object({
  provenance: z.object({ chunk: z.number(), row: z.number().optional(), hash: z.string().optional() }),
});

/**
 * @param rest the keys of a file beside its records: `source` of a single document (`{chunks}`), or `sources` of a
 *   dataset of many (`[{row, hash, chunks}]`), each with the texts of its chunks
 * @returns gives the text of the chunk that a record's `provenance` names; undefined where either does not say
 */
export function chunkTextsOf(
  rest: Readonly<Record<string, unknown>>,
): (record: Readonly<Record<string, unknown>>) => string | undefined {
  const texts = new Map<string, string>();
  const one = oneSchema.safeParse(rest).data?.source;
  for (const { index, text } of one?.chunks ?? []) texts.set(String(index), text);
  for (const { row, hash, chunks } of manySchema.safeParse(rest).data?.sources ?? [])
    for (const { index, text } of chunks) texts.set(placeKey(hash, row, index), text);
  return (record) => {
    const place = placeSchema.safeParse(record).data?.provenance;
    if (place === undefined) return undefined;
    return texts.get(placeKey(place.hash, place.row, place.chunk)) ?? texts.get(String(place.chunk));
  };
}

function placeKey(hash: string | undefined, row: number | undefined, chunk: number): string {
  return `${hash ?? ""}:${row ?? ""}:${chunk}`;
}
