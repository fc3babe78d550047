/** The entries of a tar file, one after the other, read as a stream. */
import { createReadStream } from "node:fs";
import { once } from "node:events";
import { Parser, type ReadEntry } from "tar";
import { InputError, messageOf, QuernError } from "../../errors.js";

export interface BundleEntry {
  /** As the bundle has it: not to be trusted. */
  path: string;
  /** Bytes. */
  size: number;
  content: AsyncIterable<Buffer>;
}

/**
 * Gives each entry to `take`, which must read all of it.
 * @throws {InputError} when the file cannot be read, is no tar file, is cut short, or holds anything but plain files
 */
export async function readBundle(
  file: string,
  signal: AbortSignal,
  take: (entry: BundleEntry) => Promise<void>,
): Promise<void> {
  let failure: Error | undefined;
  const stop = new AbortController();
  const fail = (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
    stop.abort();
  };
  let taken = Promise.resolve();
  const onEntry = (entry: ReadEntry) => {
    if (entry.type !== "File" && entry.type !== "OldFile" && entry.type !== "ContiguousFile") {
      fail(
        new InputError(`${file} holds ${entry.path}, which is no plain file (${entry.type})`, {
          remedy: "take a bundle that `quern models export` wrote",
        }),
      );
      entry.resume();
      return;
    }
    const content = entry as AsyncIterable<Buffer>;
    // One after the other: the next entry comes as soon as this one's bytes are read, before all is done with them.
    taken = taken.then(async () => {
      try {
        if (failure === undefined) await take({ path: entry.path, size: entry.size, content });
      } catch (error) {
        fail(error);
      }
      if (failure !== undefined) entry.resume();
    });
  };
  const parser = new Parser({ strict: true, onReadEntry: onEntry });
  // In strict mode all that is odd is an error.
  parser.on("error", fail);
  parser.on("ignoredEntry", (entry: ReadEntry) =>
    fail(
      new InputError(`${file} holds ${entry.path}, which is no plain file (${entry.type})`, {
        remedy: "take a bundle that `quern models export` wrote",
      }),
    ),
  );
  const ended = new Promise<void>((resolve) => parser.on("end", () => resolve()));
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  try {
    const stream = createReadStream(file, { highWaterMark: 1 << 20, signal: AbortSignal.any([signal, stop.signal]) });
    for await (const piece of stream as AsyncIterable<Buffer>) {
      if (!parser.write(piece) && failure === undefined)
        await Promise.race([once(parser, "drain", { signal: AbortSignal.any([signal, stop.signal]) }), stopped]);
    }
    parser.end();
    await Promise.race([ended, stopped]);
  } catch (error) {
    fail(error);
  }
  await taken;
  signal.throwIfAborted();
  if (failure === undefined) return;
  if (failure instanceof QuernError) throw failure;
  const { code, syscall } = failure as NodeJS.ErrnoException;
  if (syscall !== undefined && code !== undefined && /^(open|read)$/.test(syscall))
    throw new InputError(`cannot read ${file}: ${messageOf(failure)}`, { remedy: "check the path", cause: failure });
  if (syscall !== undefined) throw failure;
  throw new InputError(`${file} is no whole tar file: ${messageOf(failure)}`, {
    remedy: "copy the bundle again: it may have been cut short on its way",
    cause: failure,
  });
}
