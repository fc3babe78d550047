/** Files of JSON: what `json` and `jsonl` have in common. */
import { FileWriter } from "../../files/write.js";
import type { RecordSink, StorageOptions } from "../storage.js";

/**
 * @param layout one JSON value per line, or one array: indented, or with a line for each record
 */
export async function openText(
  output: string,
  layout: "lines" | "array",
  { pretty, shownAs = output }: StorageOptions,
): Promise<RecordSink> {
  const file = await FileWriter.open(output, shownAs);
  let count = 0;
  if (layout === "array") await file.write("[");
  return {
    async write(record) {
      if (layout === "lines") await file.write(`${jsonOf(record)}\n`);
      else {
        const text = pretty ? jsonOf(record, 2).replace(/^/gm, "  ") : jsonOf(record);
        await file.write(`${count === 0 ? "" : ","}\n${text}`);
      }
      count++;
    },
    async commit() {
      if (layout === "array") await file.write(count === 0 ? "]\n" : "\n]\n");
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

/** As the runtime writes half of a surrogate pair: no UTF-8 can hold it, and readers fail at it. */
const half = /\\ud[89a-f][0-9a-f]{2}/;

/** JSON that every reader takes: halves of surrogate pairs are replaced by U+FFFD, as in every other storage. */
export function jsonOf(value: unknown, space?: number): string {
  const text = JSON.stringify(value, null, space);
  if (!half.test(text)) return text;
  return JSON.stringify(
    value,
    (_, one: unknown) => (typeof one === "string" ? one.replace(/\p{Surrogate}/gu, "\ufffd") : one),
    space,
  );
}
