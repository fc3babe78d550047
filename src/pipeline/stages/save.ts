/** Curated records to files that trainers load. */
import path from "node:path";
import { AbortedError } from "../../backends/backend.js";
import { FileWriter } from "../files/write.js";
import type { SaveFormat } from "../save/format.js";
import { readRecords, type StoredRecord } from "../records/read.js";
import type { SaveStorage } from "../save/storage.js";
import { addCount, emptyResult, noteFailure, type Observer, silentObserver, type StageResult } from "./stage.js";

export interface SaveOptions {
  format: SaveFormat;
  storage: SaveStorage;
  /** The file or folder to write for an input. */
  outputFor: (input: string) => string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** A dataset that is being written, record by record. */
export class DatasetWriter {
  private constructor(
    readonly output: string,
    private readonly format: SaveFormat,
    private readonly sink: Awaited<ReturnType<SaveStorage["open"]>>,
    private readonly provenance: FileWriter | undefined,
  ) {}

  static async open(output: string, format: SaveFormat, storage: SaveStorage): Promise<DatasetWriter> {
    const sink = await storage.open(output, format);
    // Formats that have no place for it get a file beside them with a line for each record.
    const keepsProvenance = "provenance" in format.encode({ question: "", answer: "", raw: { provenance: {} } });
    try {
      const provenance = keepsProvenance ? undefined : await FileWriter.open(provenancePath(output));
      return new DatasetWriter(output, format, sink, provenance);
    } catch (error) {
      await sink.discard();
      throw error;
    }
  }

  async write(record: StoredRecord): Promise<void> {
    await this.sink.write(this.format.encode(record));
    await this.provenance?.write(`${JSON.stringify(record.raw["provenance"] ?? null)}\n`);
  }

  async commit(): Promise<void> {
    await this.sink.commit();
    await this.provenance?.commit();
  }

  async discard(): Promise<void> {
    await this.sink.discard();
    await this.provenance?.discard();
  }
}

/** Line n says where record n of the output came from. */
export function provenancePath(output: string): string {
  return path.join(path.dirname(output), `${path.basename(output, path.extname(output))}.provenance.jsonl`);
}

/**
 * Converts files of records.
 * @throws {OutputError} when an output cannot be written
 */
export async function save(inputs: readonly string[], options: SaveOptions): Promise<StageResult> {
  const { format, storage, outputFor, signal } = options;
  const observer = options.observer ?? silentObserver;
  const result = emptyResult();
  for (const [done, input] of inputs.entries()) {
    if (signal?.aborted) throw new AbortedError();
    observer.progress({ done, total: inputs.length });
    try {
      const { records, unusable } = await readRecords(input);
      const output = outputFor(input);
      const writer = await DatasetWriter.open(output, format, storage);
      try {
        for (const record of records) await writer.write(record);
        await writer.commit();
      } catch (error) {
        await writer.discard();
        throw error;
      }
      addCount(result, "records saved", records.length);
      if (unusable.length > 0) {
        addCount(result, "unusable records", unusable.length);
        result.incomplete++;
        observer.warn(
          `${input}: ${unusable.length} unusable records left out, for example number ${unusable[0]!.index + 1}: ${unusable[0]!.reason}`,
        );
      }
      result.outputs.push(output);
      observer.made(`Converted to ${format.name} format and saved to ${output}`);
    } catch (error) {
      noteFailure(result, observer, input, error);
    }
  }
  observer.progress({ done: inputs.length, total: inputs.length });
  return result;
}
