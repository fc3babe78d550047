import { recordedPath, stemOf } from "../../files/names.js";
import { fileSource } from "../parser.js";
import type { Source } from "./source.js";

/** A file on this machine. Archives are files too: they are unpacked by whoever reads the items. */
export const pathSource: Source = {
  name: "file",
  isRemote: false,
  accepts: () => true,
  async *items(given) {
    await Promise.resolve();
    yield { kind: "file", source: { ...fileSource(given), path: recordedPath(given) }, stem: stemOf(given) };
  },
};
