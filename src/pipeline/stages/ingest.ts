/** Documents to parsed datasets. */
import path from "node:path";
import { AbortedError } from "../../backends/backend.js";
import type { IngestSettings } from "../../config/sections/ingest.js";
import type { Document } from "../document.js";
import { NameGiver } from "../files/names.js";
import { ensureOutputFolder, FileWriter } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import { lanceExtension, lanceLibraries, sourceOf } from "../ingest/lance.js";
import { readDocuments } from "../ingest/lance-read.js";
import { DocumentWriter } from "../ingest/lance-write.js";
import { type Opened, Reader } from "../ingest/read.js";
import { defaultSettings } from "../ingest/settings.js";
import type { FileItem, ParsedItem } from "../ingest/sources/source.js";
import { addCount, emptyResult, noteFailure, type Observer, type StageResult } from "./stage.js";

export interface IngestOptions {
  /** Files, archives, addresses. */
  inputs: readonly string[];
  /** Folder for the datasets. */
  outputFolder: string;
  /** Name of the dataset instead of the file's stem; only for a single input. */
  name?: string | undefined;
  /** Pictures are taken over too. */
  images?: boolean;
  /** The configuration's section `ingest`; the defaults where absent. */
  settings?: IngestSettings;
  observer: Observer;
  signal?: AbortSignal | undefined;
}

/** One document on its way on, with the dataset it was written to. */
export interface Ingested {
  document: Document;
  dataset: string;
}

/** What became of one source: a dataset of one document, or of one for each row. */
interface Written {
  dataset: string;
  /** Name that the dataset was given. */
  name: string;
  /** The document, unless there may be many. */
  document?: Document;
}

type Task = FileItem | ParsedItem;

/**
 * Parses documents, as many at once as there are cores, and writes each as a dataset, in the order of the inputs. Those
 * that fail are noted in `result` and left out; a file of rows gives a document for each.
 * @throws {OutputError} when datasets cannot be written
 */
export async function* ingestStream(
  options: IngestOptions,
  result: StageResult,
): AsyncGenerator<Ingested, void, undefined> {
  for await (const { dataset, name, document } of ingestSources(options, result, true)) {
    if (document !== undefined) yield { document: { ...document, stem: name }, dataset };
    else for await (const row of readDocuments(dataset)) yield { document: row, dataset };
  }
}

/** Parses all inputs. */
export async function ingest(options: IngestOptions): Promise<StageResult> {
  const result = emptyResult();
  const progress = () => {
    const done = result.outputs.length + result.failures.length;
    options.observer.progress({ done, total: Math.max(options.inputs.length, done) });
  };
  for await (const { dataset } of ingestSources(options, result, false)) {
    result.outputs.push(dataset);
    options.observer.made(`Text successfully extracted to ${dataset}`);
    progress();
  }
  return result;
}

/**
 * Sources opened for each thread that parses: one that takes long holds back the names of those after it, and they must
 * not keep threads from further ones meanwhile.
 */
const sourcesPerThread = 4;

/** @param keep whether documents are given on; otherwise their memory is free once they are written */
async function* ingestSources(
  options: IngestOptions,
  result: StageResult,
  keep: boolean,
): AsyncGenerator<Written, void, undefined> {
  const { inputs, outputFolder, observer, signal, settings = defaultSettings } = options;
  await ensureOutputFolder(outputFolder);
  // They load while the first documents are read; that they cannot be loaded is told when they are needed.
  void lanceLibraries().catch(() => undefined);
  const names = new NameGiver((name) => sourceOf(datasetPath(outputFolder, name)));
  await using reader = new Reader({ settings, images: options.images === true, inputs: inputs.length, signal });
  // Names are given in the order of the inputs, however long each takes to read, so that each run gives the same.
  let named: Promise<unknown> = Promise.resolve();
  const work = async (item: Task): Promise<Written | undefined> => {
    const opening = reader.open(item);
    const naming = Promise.allSettled([named, opening]).then(async () => {
      const { stem, source, hash } = await opening;
      return names.nameFor(options.name?.replace(/\.lance$/, "") ?? stem, source, hash);
    });
    named = naming.catch(() => undefined);
    try {
      const opened = await opening;
      return await writeSource(opened, await naming, options, result, keep);
    } catch (error) {
      noteFailure(result, observer, item.kind === "file" ? item.source.path : item.path, error);
      return undefined;
    }
  };
  const tasks = tasksOf(inputs, reader, result, observer, signal);
  const atOnce = sourcesPerThread * reader.concurrency;
  for await (const written of mapConcurrent(tasks, atOnce, work)) if (written !== undefined) yield written;
}

/** All sources of all inputs; what cannot be used is noted. */
async function* tasksOf(
  inputs: readonly string[],
  reader: Reader,
  result: StageResult,
  observer: Observer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Task, void, undefined> {
  for (const input of inputs) {
    if (signal?.aborted) throw new AbortedError();
    try {
      for await (const item of reader.items(input)) {
        if (item.kind === "note") observer.warn(`${item.path}: ${item.text}`);
        else if (item.kind === "refused") noteFailure(result, observer, item.path, item.error);
        else yield item;
      }
    } catch (error) {
      noteFailure(result, observer, input, error);
    }
  }
}

function datasetPath(folder: string, name: string): string {
  return path.join(folder, `${name}${lanceExtension}`);
}

/** Writes all documents of a source to a dataset. */
async function writeSource(
  opened: Opened,
  name: string,
  { outputFolder, observer, images = false, settings = defaultSettings }: IngestOptions,
  result: StageResult,
  keep: boolean,
): Promise<Written> {
  const dataset = datasetPath(outputFolder, name);
  const writer = await DocumentWriter.open(dataset, { images });
  const beside = settings.default_format === "lance" ? undefined : `${name}.${settings.default_format}`;
  const text = beside === undefined ? undefined : await FileWriter.open(path.join(outputFolder, beside));
  let documents = 0;
  let characters = 0;
  let pictures = 0;
  let only: Document | undefined;
  try {
    for await (const { document, warnings } of opened.documents) {
      for (const warning of warnings) observer.warn(`${opened.source}: ${warning}`);
      await writer.write(document);
      await text?.write(documents === 0 ? document.text : `\n\n${document.text}`);
      documents++;
      characters += document.text.length;
      pictures += document.images?.length ?? 0;
      if (keep && !opened.hasRows) only = document;
    }
    await writer.commit();
    await text?.commit();
  } catch (error) {
    await writer.discard();
    await text?.discard();
    throw error;
  }
  addCount(result, "documents", documents);
  addCount(result, "characters", characters);
  if (pictures > 0) addCount(result, "pictures", pictures);
  observer.detail(
    `${opened.source}: ${opened.hasRows ? `${documents} rows, ` : ""}${characters} characters` +
      (only === undefined ? "" : ` in ${only.sections.length} sections`),
  );
  return { dataset, name, ...(only === undefined ? {} : { document: only }) };
}
