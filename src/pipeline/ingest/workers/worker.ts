/** Runs in a thread: parses one file after the other. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { QuernError } from "../../../errors.js";
import { type ParsedFile, parseFile } from "../parse.js";
import type { ParseReply, ParseTask } from "./task.js";

export default async function parse(task: ParseTask): Promise<ParseReply> {
  try {
    const file = await parseFile(task.source, task.options, task.mediaType);
    return moved({ file });
  } catch (error) {
    if (!(error instanceof QuernError)) throw error;
    const { message, remedy, cause } = error;
    const stack = cause instanceof Error ? cause.stack : error.stack;
    return {
      refused: { message, ...(remedy === undefined ? {} : { remedy }), ...(stack === undefined ? {} : { stack }) },
    };
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
