/**
 * All four stages in one stream: a record is rated while the next is being made, and a document is saved while others
 * are still being read. Each stage leaves its files, as if its command had been run.
 */
import path from "node:path";
import type { Amount, CreateType } from "../create/type.js";
import { recordOf } from "../create/pair-type.js";
import { assemble, type Judged } from "../curate/curation.js";
import { compilePrompt } from "../prompts.js";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { ensureOutputFolder } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import type { Item } from "../records/record.js";
import type { SaveFormat } from "../save/format.js";
import { type StoredRecord, without } from "../records/read.js";
import type { SaveStorage } from "../save/storage.js";
import { Creator, noteCreation } from "./create.js";
import { curatedName, judgeRecord, judgeWith, noteCuration, writeCurated } from "./curate.js";
import { type Ingested, ingestStream } from "./ingest.js";
import { documentsAtOnce, noteEngine, openEngine } from "./inputs.js";
import { DatasetWriter } from "./save.js";
import {
  addCount,
  concernsOneInput,
  emptyResult,
  lockOutput,
  noteFailure,
  type Observer,
  type StageResult,
  Work,
} from "./stage.js";

export interface RunOptions {
  backend: Backend;
  config: Config;
  /** Documents. */
  inputs: readonly string[];
  type: CreateType;
  amount?: Amount | undefined;
  format: SaveFormat;
  storage: SaveStorage;
  /** Folders of the four stages. */
  folders: { parsed: string; generated: string; curated: string; final: string };
  /** Name of the dataset. */
  name: string;
  observer: Observer;
  signal?: AbortSignal | undefined;
}

/**
 * @returns the result, whose only output is the dataset; intermediate files are in their folders
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} what ends the whole run
 */
export async function run(options: RunOptions): Promise<StageResult> {
  const { backend, config, inputs, type, observer, signal, folders, format, storage } = options;
  const result = emptyResult();
  let done = 0;
  const progress = () => observer.progress({ done, total: inputs.length, engine: engine.stats });
  const engine = openEngine(options, progress);
  compilePrompt("qa_rating", config.prompts.qa_rating);
  for (const folder of Object.values(folders)) await ensureOutputFolder(folder);
  const creator = await Creator.prepare(
    { backend, config, type, amount: options.amount, outputFolder: folders.generated, observer, signal },
    engine,
  );
  const output = path.join(folders.final, storage.outputName(options.name, format));
  await using lock = await lockOutput(output);
  observer.detail(`writing ${output}, locked by ${lock.file}`);
  const ingested = ingestStream(
    { inputs, outputFolder: folders.parsed, settings: config.ingest, observer, signal },
    result,
  );
  const documents = mapConcurrent(
    ingested,
    () => documentsAtOnce(backend),
    async (document) => {
      try {
        return await makeDocument(document, creator, options, result);
      } catch (error) {
        if (!concernsOneInput(error)) engine.end(error);
        noteFailure(result, observer, document.document.source, error);
        return [];
      } finally {
        done++;
        progress();
      }
    },
  );
  const writer = await DatasetWriter.open(output, format, storage);
  let saved = 0;
  try {
    for await (const records of documents) {
      for (const record of records) await writer.write(record);
      saved += records.length;
    }
    if (saved === 0) {
      await writer.discard();
      if (result.failures.length === 0)
        result.failures.push({
          input: options.name,
          error: `no record reached the threshold of ${config.curate.threshold}`,
        });
    } else {
      await writer.commit();
      result.outputs.push(output);
      observer.made(`Dataset of ${saved} records saved to ${output}`);
    }
  } catch (error) {
    await writer.discard();
    throw error;
  }
  addCount(result, "records saved", saved);
  noteEngine(result, engine);
  return result;
}

/** @returns the records of one document that were kept */
async function makeDocument(
  { document }: Ingested,
  creator: Creator,
  options: RunOptions,
  result: StageResult,
): Promise<StoredRecord[]> {
  const { config, type, observer, folders, backend } = options;
  const output = await creator.outputFor(document);
  await using work = await Work.begin(output, observer);
  const creation = await creator.begin(document, work.journal);
  const judge = judgeWith(creator.engine, config, work.journal);
  const items: Item[] = [];
  const judged: Judged[] = [];
  const made = (async function* () {
    for await (const item of type.items?.(creation) ?? []) {
      items.push(item);
      yield item;
    }
  })();
  // Unlimited but for the document's own number of records: ratings must not hold up the making of more.
  for await (const one of mapConcurrent(made, Infinity, (item) =>
    judgeRecord(judge, storedRecord(item), item.chunkText),
  ))
    judged.push(one);
  const content = await creator.finish(creation, items, output);
  noteCreation(result, observer, creation);
  const key = type.name === "cot" ? "cot_examples" : "qa_pairs";
  const curated = assemble(key, judged, config.curate.threshold, without(content, key, "conversations"));
  const curatedOutput = path.join(folders.curated, curatedName(output));
  await writeCurated(curatedOutput, curated, {
    input: output,
    threshold: config.curate.threshold,
    rated_without_source: 0,
    unusable: 0,
    model: backend.model,
  });
  noteCuration(result, observer, curatedOutput, curated);
  observer.detail(`${document.source}: ${curated.metrics.filtered} of ${curated.metrics.total} records kept`);
  return curated.kept;
}

function storedRecord(item: Item): StoredRecord {
  return { ...item.fields, raw: recordOf(item) };
}
