/** What stands where a dataset is to be written: only a dataset may be replaced. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { cardMark } from "./card/card.js";

/** Files that quern writes into folders of datasets, beside the data. */
const description =
  /^(README\.md|dataset_info\.json|dataset_dict\.json|state\.json|axolotl\.yaml|llama-factory|__provenance__)$/;

/** Data by its names: Hugging Face's folders, Lance's, and files and folders of splits. */
const huggingFace = /^data-\d{5}-of-\d{5}\.arrow$/;
const lance = /^(data|_versions|_transactions|_indices|_deletions|_latest\.manifest)$/;
const split = /^\w+(\.(json|jsonl|parquet|lance))?$/;

/**
 * Whether a folder may be replaced.
 * @returns absent: nothing is there, or an empty folder; dataset: what quern or Hugging Face's library wrote and nothing
 *   else; otherwise a name of what else is there
 */
export async function foldersContent(folder: string): Promise<"absent" | "dataset" | "file" | { other: string }> {
  const info = await stat(folder).catch(() => undefined);
  if (info === undefined) return "absent";
  if (!info.isDirectory()) return "file";
  const names = await readdir(folder);
  if (names.length === 0) return "absent";
  const isOurs = (await readFile(path.join(folder, "README.md"), "utf8").catch(() => "")).includes(cardMark);
  const isHuggingFace = names.includes("state.json") || names.includes("dataset_dict.json");
  const isLance = names.includes("_versions");
  const data = (name: string) =>
    huggingFace.test(name) || (isLance && lance.test(name)) || ((isOurs || isHuggingFace) && split.test(name));
  if (!isOurs && !isHuggingFace && !isLance) return { other: names.sort()[0]! };
  const other = names.sort().find((name) => !description.test(name) && !data(name));
  return other === undefined ? "dataset" : { other };
}
