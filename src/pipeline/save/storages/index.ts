import { UsageError } from "../../../errors.js";
import type { SaveStorage } from "../storage.js";
import { hf } from "./hf.js";
import { json } from "./json.js";
import { jsonl } from "./jsonl.js";
import { lance } from "./lance.js";
import { parquet } from "./parquet.js";

/** Everything `save-as --storage` can write to. A new storage is one file and one line here. */
export const saveStorages: readonly SaveStorage[] = [json, jsonl, parquet, hf, lance];

/** @throws {UsageError} naming the storages there are */
export function saveStorageNamed(name: string): SaveStorage {
  const storage = saveStorages.find((candidate) => candidate.name === name);
  if (storage === undefined)
    throw new UsageError(`unknown storage "${name}"`, {
      remedy: `use --storage ${saveStorages.map((candidate) => candidate.name).join(", ")}`,
    });
  return storage;
}
