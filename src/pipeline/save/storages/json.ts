import { FileWriter } from "../../files/write.js";
import type { RecordSink, SaveStorage } from "../storage.js";

/** One text file: JSON Lines or one JSON array, as the format says. */
export const json: SaveStorage = {
  name: "json",
  description: "one text file",
  outputName: (stem, format) => `${stem}${format.suffix}`,
  async open(output, { layout }): Promise<RecordSink> {
    const file = await FileWriter.open(output);
    let count = 0;
    if (layout === "array") await file.write("[");
    return {
      async write(record) {
        if (layout === "lines") await file.write(`${JSON.stringify(record)}\n`);
        else await file.write(`${count === 0 ? "" : ","}\n${indent(JSON.stringify(record, null, 2))}`);
        count++;
      },
      async commit() {
        if (layout === "array") await file.write(count === 0 ? "]\n" : "\n]\n");
        await file.commit();
      },
      discard: () => file.discard(),
    };
  },
};

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
