import { type DatasetOptions, isFolderOutput } from "../../pipeline/save/options.js";
import { refuseForeign } from "./chosen-dataset.js";

/**
 * Whether `-o` names the dataset itself and not a directory for it. A dataset's folder has no extension to tell it by: it
 * is the folder's name, unless a slash says otherwise.
 */
export async function namesDataset(output: string, dataset: DatasetOptions): Promise<boolean> {
  if (!isFolderOutput(dataset) || /[/\\]$/.test(output)) return false;
  await refuseForeign(output, "add a slash to write into it, or give another name with -o");
  return true;
}
