import { type Entry, openPromise } from "yauzl";
import { InputError } from "../../../errors.js";
import { entryName } from "../zip.js";
import { ArchiveExhausted, damagedMember, type Members, refused, type Unpacking } from "./member.js";
import type { FileItem, SourceItem } from "./source.js";

/** The members of a zip archive on disk. */
export async function* zipMembers(
  { source }: FileItem,
  members: Members,
  { budget }: Unpacking,
): AsyncGenerator<SourceItem> {
  const zip = await openPromise(source.file, {
    decodeStrings: false,
    autoClose: false,
    validateEntrySizes: false,
  }).catch((cause: unknown) => {
    throw damagedMember(source.path, cause);
  });
  try {
    const entries = zip.eachEntry();
    for (;;) {
      const next = await entries.next().catch((cause: unknown) => {
        throw damagedMember(source.path, cause);
      });
      if (next.done === true) return;
      const entry = next.value;
      const name = entryName(entry);
      if (name.endsWith("/")) continue;
      let shown = `${source.path}/${name}`;
      let item: SourceItem;
      try {
        const admitted = members.admit(name);
        if (admitted === undefined) continue;
        shown = admitted;
        checkEntry(entry, shown);
        if (entry.uncompressedSize > budget.bytes)
          throw new InputError(
            `${shown}: it unpacks to ${Math.round(entry.uncompressedSize / 2 ** 20)} MB, more than is left of what the archive may unpack to`,
            {
              remedy: "Unpack it if you know where it comes from, or raise ingest.max_expanded in the configuration.",
            },
          );
        const stream = await zip.openReadStreamPromise(entry);
        // It may fail before anybody reads it; who reads it is told all the same.
        stream.on("error", () => undefined);
        const { compressedSize: packed, uncompressedSize: size, crc32: checksum } = entry;
        item = await members.unpack(shown, stream, { packed, expected: { size, checksum }, name });
      } catch (error) {
        if (error instanceof ArchiveExhausted) throw error;
        item = refused(shown, error instanceof InputError ? error : asDamaged(shown, error));
      }
      yield item;
    }
  } finally {
    zip.close();
  }
}

/** @throws {InputError} when an entry is no file that can be unpacked */
function checkEntry(entry: Entry, shown: string): void {
  if (entry.isEncrypted())
    throw new InputError(`${shown}: it is protected by a password`, { remedy: "Unpack it with its password first." });
  // Upper half: the mode of Unix, where the archive was made there.
  if (entry.versionMadeBy >> 8 === 3 && entry.externalFileAttributes >>> 28 === 0o12)
    throw new InputError(`${shown}: it is a link and not a file`, { remedy: "Pack the file that it leads to." });
  if (!entry.canDecodeFileData())
    throw new InputError(`${shown}: it is packed by a method that is not read (number ${entry.compressionMethod})`, {
      remedy: "Unpack it with the program that made it, or pack it again as an ordinary zip archive.",
    });
}

function asDamaged(shown: string, error: unknown): unknown {
  // Errors of quern's that end the run are passed on.
  return error instanceof Error && error.constructor === Error ? damagedMember(shown, error) : error;
}
