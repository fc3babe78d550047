/** The contract of a storage: how encoded records come to lie on disk. A new storage is one file and one line in `storages/index.ts`. */
import type { SaveFormat } from "./format.js";

export interface SaveStorage {
  name: string;
  description: string;
  /** The file or folder for a stem. */
  outputName(stem: string, format: SaveFormat): string;
  /** Opens it for writing; nothing is seen under its name before `commit`. */
  open(output: string, format: SaveFormat): Promise<RecordSink>;
}

export interface RecordSink {
  write(record: Readonly<Record<string, unknown>>): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}
