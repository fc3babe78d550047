import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { InputError, messageOf } from "../../errors.js";
import type { ImportFormat, ImportRow } from "./format.js";

/** Bytes of a row group when unpacked; it is the least that can be read at once. */
const mostGroupBytes = 1024 * 1024 * 1024;

/** Parquet, with any of the usual compressions, row group by row group. */
export const parquet: ImportFormat = {
  name: "parquet",
  extensions: [".parquet", ".pq"],
  async open(file, wanted) {
    const { metadata, buffer } = await openFile(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const read = columns.filter((name) => wanted.includes(name));
    return {
      columns,
      warnings: () => [],
      async *rows() {
        if (read.length === 0) return;
        let start = 0;
        for (const [i, group] of metadata.row_groups.entries()) {
          const rows = Number(group.num_rows);
          if (Number(group.total_byte_size) > mostGroupBytes)
            throw new InputError(
              `${file}: its row group ${i + 1} is of ${group.total_byte_size} bytes, and is read at once`,
              {
                remedy: "write it again with smaller row groups, or as JSON Lines",
              },
            );
          yield* rowsOf(
            await readGroup(file, { file: buffer, metadata, columns: read, rowStart: start, rowEnd: start + rows }),
            start,
          );
          start += rows;
        }
      },
    };
  },
};

type Buffered = Awaited<ReturnType<typeof asyncBufferFromFile>>;

async function openFile(file: string): Promise<{ metadata: FileMetaData; buffer: Buffered }> {
  try {
    const buffer = await asyncBufferFromFile(file);
    return { buffer, metadata: await parquetMetadataAsync(buffer) };
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readGroup(
  file: string,
  options: { file: Buffered; metadata: FileMetaData; columns: string[]; rowStart: number; rowEnd: number },
): Promise<Record<string, unknown>[]> {
  try {
    return await parquetReadObjects({ ...options, compressors });
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return new InputError(`${file}: not found`, { remedy: "check the path", cause: error });
  return new InputError(`${file} cannot be read as Parquet: ${messageOf(error)}`, {
    remedy: "it may be cut off, encrypted or no Parquet; write it again, or give it as JSON Lines",
    cause: error,
  });
}

function* rowsOf(rows: readonly Record<string, unknown>[], before: number): Generator<ImportRow, void, undefined> {
  for (const [i, row] of rows.entries()) {
    const number = before + i + 1;
    yield { number, where: `row ${number}`, value: plain(row) };
  }
}

/** Values as JSON has them. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
