/**
 * Archives: their members are documents of their own, named `docs.zip/sub/a.pdf`. Nothing in one is trusted: members are
 * unpacked one by one into files under numbers, within limits of size, number, ratio and depth.
 */
import { open } from "node:fs/promises";
import { InputError } from "../../../errors.js";
import { Members, refused, type Unpacking } from "./member.js";
import type { FileItem, SourceItem } from "./source.js";
import { isTar, packedMembers, tarMembers } from "./tar.js";
import { zipMembers } from "./zip-file.js";

export { archiveExtensions, isArchive } from "./archive-names.js";

/**
 * @param item the archive; it is released at the end
 * @returns its members as they stand in it; those that cannot be used as refusals
 */
export async function* membersOf(item: FileItem, unpacking: Unpacking): AsyncGenerator<SourceItem> {
  const { source } = item;
  const members = new Members(source.path, unpacking);
  try {
    if (unpacking.depth > unpacking.context.settings.maxDepth)
      throw new InputError(`${source.path}: it is an archive in ${unpacking.depth} archives, and is not read`, {
        remedy: "Unpack it, or raise ingest.max_depth in the configuration.",
      });
    const head = await headOf(source);
    const read = readerFor(head);
    if (read === undefined)
      throw new InputError(`${source.path}: it is not an archive, whatever its name says`, {
        remedy: "Give it the extension of its real format, or get it again.",
      });
    yield* read(item, members, unpacking, head.toString("latin1", 0, 4));
    const note = members.note();
    if (note !== undefined) yield { kind: "note", path: source.path, text: note };
    if (members.count === 0)
      throw new InputError(`${source.path}: there is no document in it`, {
        remedy: note === undefined ? "It is empty: leave it out." : `Of its files none is read: ${note}.`,
      });
  } catch (error) {
    yield refused(source.path, error);
  } finally {
    await item.release?.();
  }
}

/** Its first bytes say what an archive is, and not its name. */
function readerFor(head: Buffer) {
  if (head.length === 0) return undefined;
  if ((head[0] === 0x1f && head[1] === 0x8b) || head.toString("latin1", 0, 3) === "BZh") return packedMembers;
  if (head.subarray(0, 2).toString("latin1") === "PK") return zipMembers;
  if (isTar(head)) return tarMembers;
  return undefined;
}

async function headOf({ file, path }: FileItem["source"]): Promise<Buffer> {
  const handle = await open(file).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new InputError(
      code === "ENOENT" ? `${path}: there is no such file` : `${path}: reading it is not permitted`,
      {
        cause,
        remedy: "Check the path.",
      },
    );
  });
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
