/** Files of samples that are taken into a task. */
import path from "node:path";
import { UsageError } from "../../errors.js";
import { csv } from "./csv.js";
import type { ImportFormat } from "./format.js";
import { json } from "./json.js";
import { parquet } from "./parquet.js";

/** Everything `import` can read. A new format is one file and one line here. */
export const importFormats: readonly ImportFormat[] = [csv, json, parquet];

/**
 * @param name of a format; undefined: by the file's extension
 * @throws {UsageError} naming the formats there are
 */
export function importFormatOf(file: string, name?: string): ImportFormat {
  const extension = path.extname(file).toLowerCase();
  const found = importFormats.find((one) =>
    name === undefined ? one.extensions.includes(extension) : one.name === name,
  );
  if (found !== undefined) return found;
  const names = importFormats.map((one) => one.name).join(", ");
  if (name !== undefined) throw new UsageError(`there is no format "${name}" to import`, { remedy: `use ${names}` });
  const known = importFormats.flatMap((one) => one.extensions).join(", ");
  throw new UsageError(`${file}: what it is cannot be told by its name`, {
    remedy: `name it with one of ${known}, or say what it is with --format ${names}`,
  });
}

export { fieldNames, type Mapping, parseMapping } from "./mapping.js";
