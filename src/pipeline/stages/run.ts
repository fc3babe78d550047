/**
 * All four stages in one stream: a record is rated while the next is being made, and saved while others are still being
 * made. Records are compared over all documents, in their order. Each stage leaves its files, as if its command had
 * been run.
 */
import path from "node:path";
import type { Amount, DocumentType } from "../create/type.js";
import { Channel } from "../channel.js";
import { writeReport } from "../curate/report/index.js";
import { curateStream, type Step } from "../curate/stream.js";
import { Tally } from "../curate/tally.js";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { ensureOutputFolder } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import type { Document } from "../document.js";
import { Gate } from "../engine/gate.js";
import { collectDataset } from "../save/collect.js";
import { type DatasetOptions, outputNameOf } from "../save/options.js";
import type { StoredRecord } from "../records/read.js";
import { outputNames, outputPath } from "./create.js";
import { Creator } from "./creator.js";
import { curatedName, openCurator, type OpenEmbedder, streamOptions } from "./curate.js";
import { CurationJob, curationReport } from "./curation-job.js";
import { ingestStream } from "./ingest.js";
import { documentsAtOnce, noteEngine, openEngine } from "./inputs.js";
import {
  addCount,
  concernsOneInput,
  emptyResult,
  lockOutput,
  noteFailure,
  type Observer,
  type StageResult,
} from "./stage.js";
import { type InWork, makeDocument, makeRows, type Making, newInWork } from "./run-making.js";
import { gated, unitsOf } from "./units.js";

export interface RunOptions {
  backend: Backend;
  config: Config;
  /** Opens the model that compares records by meaning; absent: they are not. */
  openEmbedder?: OpenEmbedder;
  /** Documents. */
  inputs: readonly string[];
  type: DocumentType;
  amount?: Amount | undefined;
  dataset: DatasetOptions;
  /** Folders of the four stages. */
  folders: { parsed: string; generated: string; curated: string; final: string };
  /** Name of the dataset. */
  name: string;
  /** Called with each record that is saved, in the order of the dataset. */
  onSaved?: (record: StoredRecord) => void;
  observer: Observer;
  signal?: AbortSignal | undefined;
}

/**
 * @returns the result, whose only output is the dataset; intermediate files are in their folders
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} what ends the whole run
 */
export async function run(options: RunOptions): Promise<StageResult> {
  const { backend, config, inputs, type, observer, signal, folders, dataset } = options;
  const result = emptyResult();
  let done = 0;
  const progress = () => observer.progress({ done, total: inputs.length, engine: engine.stats });
  const engine = openEngine(options, progress);
  await using curator = await openCurator(config, engine, observer, signal, options.openEmbedder);
  for (const folder of Object.values(folders)) await ensureOutputFolder(folder);
  const creator = await Creator.prepare({ backend, config, type, amount: options.amount }, engine);
  for (const warning of creator.setup.warnings) observer.warn(`warning: ${warning}`);
  for (const line of creator.description) observer.detail(line);
  const names = outputNames(folders.generated, type);
  const generatedFor = async (document: Document) => outputPath(folders.generated, type, await names(document));
  const output = path.join(folders.final, outputNameOf(dataset, options.name));
  await using lock = await lockOutput(output);
  observer.detail(`writing ${output}, locked by ${lock.file}`);

  const overall = new Tally(curator.open);
  /** Documents in the order of the inputs, each from when work on it begins. */
  const opened = new Channel<InWork>();
  const all = new Set<InWork>();
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    opened.close();
    for (const document of all) {
      document.steps.close();
      document.over();
    }
  };
  const work: Making = {
    creator,
    backend,
    type,
    observer,
    result,
    generatedFor,
    newJob: (generated) =>
      new CurationJob(generated, path.join(folders.curated, curatedName(generated)), {
        curator,
        config,
        observer,
        model: backend.model,
        overall,
      }),
  };
  const making = (async () => {
    const ingested = ingestStream(
      {
        inputs,
        outputFolder: folders.parsed,
        settings: config.ingest,
        images: type.seesPictures === true,
        observer,
        signal,
      },
      result,
    );
    const ingestedDocuments = async function* () {
      for await (const { document } of ingested) yield document;
    };
    const slots = new Gate(() => documentsAtOnce(backend));
    const documents = mapConcurrent(
      unitsOf(gated(ingestedDocuments(), slots)),
      () => documentsAtOnce(backend),
      async (unit) => {
        const { document } = unit.kind === "one" ? unit.held : unit.first;
        const inWork = newInWork(document.source);
        all.add(inWork);
        opened.push(inWork);
        try {
          if (unit.kind === "one") await makeDocument(document, inWork, work);
          else await makeRows(document, unit.rows(), inWork, work);
        } finally {
          if (unit.kind === "one") unit.held.release();
          else unit.leave();
        }
        return inWork;
      },
    );
    for await (const { whenOver } of documents) {
      await whenOver;
      if (stopping.signal.aborted) break;
    }
  })().finally(() => opened.close());
  // It is awaited at the end; until then a failure must not count as unhandled.
  making.catch(() => undefined);

  /** Whose reports tell of the records' quality. */
  const curatedFiles: string[] = [];
  const writer = await collectDataset(output, dataset, curatedFiles);
  let saved = 0;
  const position = { next: 0 };
  try {
    const stream = curateStream(curator, stepsOf(opened, position), {
      ...streamOptions(config, backend),
      onFailure: (error) => {
        engine.end(error);
        stop();
      },
    });
    for await (const step of stream) {
      const { file: document } = step;
      if (step.kind === "begin") continue;
      try {
        if (step.kind === "failed") throw step.error;
        if (step.kind !== "end") {
          const record = await document.job!.take(step);
          if (record === undefined) continue;
          const problem = await writer.write(record);
          if (problem === undefined) {
            saved++;
            options.onSaved?.(record);
          } else addCount(result, `records refused by ${dataset.format.name}: ${problem}`, 1);
          continue;
        }
        await document.job!.finish(result, document.rest);
        curatedFiles.push(document.job!.output);
      } catch (error) {
        if (!concernsOneInput(error)) {
          engine.end(error);
          stop();
        }
        await document.job?.discard();
        noteFailure(result, observer, document.source, error);
      }
      await close(document, all);
      done++;
      progress();
    }
    await making;
    if (overall.total > 0) {
      const names = { input: options.name, output, droppedFile: path.join(folders.curated, "*.dropped.jsonl") };
      const about = curationReport(overall, names, { config, model: backend.model, curator });
      const [, page] = await writeReport(path.join(folders.curated, `${options.name}.json`), about);
      observer.detail(`report of all records: ${page ?? ""}`);
    }
    if (saved === 0) {
      await writer.discard();
      if (result.failures.length === 0)
        result.failures.push({
          input: options.name,
          error: `no record passed the checks (threshold ${config.curate.threshold})`,
        });
    } else {
      const summary = await writer.commit();
      for (const note of summary.notes) observer.warn(note);
      for (const [split, count] of summary.splits) addCount(result, `in ${split}`, count);
      result.outputs.push(output);
      observer.made(`Dataset of ${saved} records saved to ${output}`);
    }
  } catch (error) {
    engine.end(error);
    await writer.discard();
    throw error;
  } finally {
    stop();
    await making.catch(() => undefined);
    for (const document of all) {
      await document.job?.discard();
      await close(document, all);
    }
  }
  addCount(result, "records saved", saved);
  noteEngine(result, engine);
  return result;
}

async function close(document: InWork, all: Set<InWork>): Promise<void> {
  all.delete(document);
  await document.job?.[Symbol.asyncDispose]();
  document.over();
}

/** The records of one document after the other, as they are made; their places among all are known only here. */
async function* stepsOf(opened: Channel<InWork>, position: { next: number }): AsyncGenerator<Step<InWork>> {
  for await (const { steps } of opened)
    for await (const step of steps) {
      if (step.kind === "record") step.candidate.position = position.next++;
      yield step;
    }
}
