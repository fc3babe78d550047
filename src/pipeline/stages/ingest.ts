/** Documents to parsed datasets. */
import path from "node:path";
import type { Document } from "../document.js";
import { NameGiver } from "../files/names.js";
import { ensureOutputFolder } from "../files/write.js";
import { lanceExtension, sourceOf, writeDocument } from "../ingest/lance.js";
import { parseDocument } from "../ingest/read.js";
import { addCount, emptyResult, noteFailure, type Observer, type StageResult } from "./stage.js";
import { AbortedError } from "../../backends/backend.js";

export interface IngestOptions {
  /** Files to read. */
  inputs: readonly string[];
  /** Folder for the datasets. */
  outputFolder: string;
  /** Name of the dataset instead of the file's stem; only for a single input. */
  name?: string | undefined;
  observer: Observer;
  signal?: AbortSignal | undefined;
}

/** One document on its way on, with the dataset it was written to. */
export interface Ingested {
  document: Document;
  dataset: string;
}

/**
 * Parses documents one by one and writes each as a dataset. Those that fail are noted in `result` and left out.
 * @throws {OutputError} when datasets cannot be written
 */
export async function* ingestStream(
  options: IngestOptions,
  result: StageResult,
): AsyncGenerator<Ingested, void, undefined> {
  const { inputs, outputFolder, observer, signal } = options;
  await ensureOutputFolder(outputFolder);
  const datasetOf = (name: string) => path.join(outputFolder, `${name}${lanceExtension}`);
  const names = new NameGiver((name) => sourceOf(datasetOf(name)));
  for (const input of inputs) {
    if (signal?.aborted) throw new AbortedError();
    try {
      const { document, warnings } = await parseDocument(input);
      for (const warning of warnings) observer.warn(`${input}: ${warning}`);
      const stem = options.name?.replace(/\.lance$/, "") ?? document.stem;
      const name = await names.nameFor(stem, document.source, document.hash);
      const dataset = datasetOf(name);
      await writeDocument(dataset, document);
      addCount(result, "documents", 1);
      addCount(result, "characters", document.text.length);
      observer.detail(`${input}: ${document.text.length} characters in ${document.sections.length} sections`);
      yield { document: { ...document, stem: name }, dataset };
    } catch (error) {
      noteFailure(result, observer, input, error);
    }
  }
}

/** Parses all inputs. */
export async function ingest(options: IngestOptions): Promise<StageResult> {
  const result = emptyResult();
  const total = options.inputs.length;
  for await (const { dataset } of ingestStream(options, result)) {
    result.outputs.push(dataset);
    options.observer.made(`Text successfully extracted to ${dataset}`);
    options.observer.progress({ done: result.outputs.length + result.failures.length, total });
  }
  return result;
}
