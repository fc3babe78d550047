import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { InputError } from "../../../errors.js";
import { guarded } from "../../files/write.js";
import { parserFor, supportedExtensions } from "../formats.js";
import { isArchive } from "./archive-names.js";
import type { FileItem, Source, SourceContext } from "./source.js";
import type { Network } from "./url-addresses.js";
import { shown, withoutFragment, withoutPassword } from "./url-errors.js";
import { type Found, Web, type WebLimits } from "./url-fetch.js";
import { announced, extensionOf, nameOf } from "./url-kind.js";

/** Bytes at the start of a file by which its kind is found out. */
const headBytes = 64 * 1024;

/** Parts of the machinery that tests replace. */
export interface UrlParts {
  limits?: Partial<WebLimits>;
  network?: Network;
}

/** Web pages and files at an address; only what is named is fetched, nothing that it refers to. */
export const urlSource: Source = urlSourceWith();

/** @param parts replaced for tests */
export function urlSourceWith(parts: UrlParts = {}): Source {
  return {
    name: "address",
    isRemote: true,
    // Drives of Windows have one letter; schemes that are not fetched are refused by name.
    accepts: (given) => /^[a-z][a-z\d+.-]+:\/\//i.test(given),
    async *items(given, context) {
      yield await fetchedFile(given, context, parts);
    },
  };
}

/**
 * Fetches a file into a temporary one.
 *
 * @throws {InputError} naming the address and the cause
 * @throws {OutputError} when the disk is full
 */
async function fetchedFile(given: string, context: SourceContext, parts: UrlParts): Promise<FileItem> {
  const url = addressOf(given);
  const { maxDownloadBytes: maxBytes, downloadMs: totalMs, idleMs } = context.settings;
  const { signal } = context;
  const { network } = parts;
  using web = new Web({
    limits: { maxBytes, totalMs, idleMs, ...parts.limits },
    signal,
    ...(network === undefined ? {} : { network }),
  });
  return await web.get(url, (found) => store(found, url, context));
}

function addressOf(given: string): URL {
  try {
    return new URL(given);
  } catch (cause) {
    throw new InputError(`${given}: it is not a valid address`, { cause, remedy: "Check its spelling." });
  }
}

async function store({ url, message, body }: Found, named: URL, context: SourceContext): Promise<FileItem> {
  const file = await context.temporary.next(".part");
  const head: Buffer[] = [];
  let known = 0;
  try {
    await pipeline(
      body,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          if (known < headBytes) head.push(piece);
          known += piece.length;
          yield piece;
        }
      },
      createWriteStream(file, { mode: 0o600 }),
    );
  } catch (error) {
    await rm(file, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === "write" || syscall === "open" || code === "ENOSPC")
      await guarded(file, () => Promise.reject(error as Error));
    throw error;
  }
  const says = announced(message.headers);
  const extension = extensionOf(says, url, Buffer.concat(head).subarray(0, headBytes));
  const release = () => rm(file, { force: true });
  if (known > 0 && parserFor(extension) === undefined && !isArchive(extension)) {
    await release();
    const kind = says.mediaType === "" ? "a file of unknown kind" : `a file of the kind ${says.mediaType}`;
    throw new InputError(`${shown(named)}: ${kind} is not supported`, {
      remedy: `Supported are ${supportedExtensions.join(" ")}: convert it to one of these.`,
    });
  }
  const finalUrl = withoutPassword(url).href;
  return {
    kind: "file",
    source: {
      path: finalUrl,
      extension: extension === "" ? ".txt" : extension,
      file,
      ...(says.charset === undefined ? {} : { charset: says.charset }),
    },
    stem: nameOf(named),
    ...(says.mediaType === "" ? {} : { mediaType: says.mediaType }),
    ...(finalUrl === shown(withoutFragment(named)) ? {} : { warnings: [`${shown(named)} leads to ${finalUrl}`] }),
    release,
  };
}
