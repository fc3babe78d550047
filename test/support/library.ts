/** The built library, to look into what the built command wrote. */
import { pathToFileURL } from "node:url";
import path from "node:path";
import type * as Library from "../../src/index.js";
import { root } from "./command.js";

export const library = (await import(pathToFileURL(path.join(root, "dist/index.js")).href)) as typeof Library;

/** The document in a dataset that was written in `cwd`. */
export function readDataset(cwd: string, dataset: string): ReturnType<typeof Library.readDocument> {
  return library.readDocument(path.join(cwd, dataset));
}
