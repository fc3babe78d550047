import { openElements } from "../records/read.js";
import type { ImportFormat } from "./format.js";

/** JSON Lines, lists of JSON, and all files of records: quern's, synthetic-data-kit's, saved datasets. */
export const json: ImportFormat = {
  name: "json",
  extensions: [".json", ".jsonl", ".ndjson"],
  async open(file) {
    const opened = await openElements(file);
    return {
      warnings: () => opened.passedOver.map((key) => `${file}: the records of its other key "${key}" are not taken in`),
      async *rows() {
        let count = 0;
        for await (const element of opened.elements()) {
          count++;
          const at = opened.isLines
            ? { number: element.line, where: `line ${element.line}` }
            : { number: count, where: `record ${count} (line ${element.line})` };
          if ("value" in element) yield { ...at, value: element.value };
          else {
            const reason = element.reason.replace(/^line \d+: /, "it is ");
            yield { ...at, reason, ...(element.bytes === undefined ? {} : { text: element.bytes.toString() }) };
          }
        }
      },
    };
  },
};
