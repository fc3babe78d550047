/** Runs in a thread: parses one file after the other. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { ParsedDocument } from "../../document.js";
import { type ParsedFile, parseFile, parseRows } from "../parse.js";
import { asRefusal, batchesAhead, type ParseReply, type ParseTask, type RowsReply, type RowsTask } from "./task.js";

/** A file of one document. */
export default async function parse(task: ParseTask): Promise<ParseReply> {
  try {
    return moved({ file: await parseFile(task.source, task.options, task.mediaType) });
  } catch (error) {
    return asRefusal(error);
  }
}

/** Characters and rows of a batch, about. */
const batchCharacters = 256 * 1024;
const batchRows = 512;

/** A file of rows, sent in batches. */
export async function rows({ source, options, mediaType, port }: RowsTask): Promise<RowsReply> {
  let ahead = 0;
  let answered: () => void = () => undefined;
  port.on("message", () => {
    ahead--;
    answered();
  });
  let batch: ParsedDocument[] = [];
  let characters = 0;
  const send = async () => {
    while (ahead >= batchesAhead) await new Promise<void>((resolve) => (answered = resolve));
    if (batch.length === 0) return;
    ahead++;
    port.postMessage({ rows: batch });
    batch = [];
    characters = 0;
  };
  try {
    for await (const row of parseRows(source, options, mediaType)) {
      batch.push(row);
      characters += row.text.length;
      if (characters >= batchCharacters || batch.length >= batchRows) await send();
    }
    await send();
    // What was sent is taken before the reply ends it.
    while (ahead > 0) await new Promise<void>((resolve) => (answered = resolve));
    return { done: true };
  } catch (error) {
    return asRefusal(error);
  } finally {
    port.close();
  }
}

/** Pictures change hands instead of being copied. */
function moved(reply: { file: ParsedFile }): ParseReply {
  const buffers = new Set<ArrayBuffer>();
  for (const image of reply.file.parsed.images ?? []) {
    // A part of a larger buffer must not take the whole of it along.
    if (image.bytes.byteLength !== image.bytes.buffer.byteLength) image.bytes = Uint8Array.from(image.bytes);
    if (image.bytes.buffer instanceof ArrayBuffer) buffers.add(image.bytes.buffer);
  }
  if (buffers.size === 0) return reply;
  return move({ [transferableSymbol]: [...buffers], [valueSymbol]: reply }) as unknown as ParseReply;
}
