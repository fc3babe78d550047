/** The contract of a storage: how encoded records come to lie on disk. A new storage is one file and one line in `storages/index.ts`. */
import type { SaveFormat } from "./format.js";

export interface StorageOptions {
  /** Whether JSON is written for people to read, with indentation. */
  pretty: boolean;
  /** The output that messages name, where it is a part of another. */
  shownAs?: string;
}

export interface SaveStorage {
  name: string;
  description: string;
  /** Whether a dataset is a folder; else it is one file. */
  isFolder: boolean;
  /** The file or folder for a stem; of a dataset with splits, the folder that holds them. */
  outputName(stem: string, format: SaveFormat, hasSplits?: boolean): string;
  /** What a split is called in the folder of its dataset. */
  splitName(split: string, format: SaveFormat): string;
  /** The file with the records, of a split of that name, or with an empty name of a dataset that is one folder. */
  dataFile(name: string): string;
  /** What Hugging Face's `datasets` and trainers call the files: json, parquet, arrow; undefined where they read none. */
  dataType?: "json" | "parquet" | "arrow";
  /** Opens it for writing; nothing is seen under its name before `commit`. */
  open(output: string, format: SaveFormat, options: StorageOptions): Promise<RecordSink>;
  /** Writes what lies beside the splits. */
  describeSplits?(folder: string, splits: readonly string[]): Promise<void>;
}

export interface RecordSink {
  /** @throws {InputError} where the record cannot be written beside the others */
  write(record: Readonly<Record<string, unknown>>): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}
