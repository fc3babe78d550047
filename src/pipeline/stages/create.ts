/** Documents to generated records. */
import path from "node:path";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import type { Amount, CreateType, Creation, CreationReport, DocumentType } from "../create/type.js";
import type { Document } from "../document.js";
import { Gate } from "../engine/gate.js";
import { NameGiver, type Owner, reportPath } from "../files/names.js";
import { ensureOutputFolder, writeFileAtomic } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import { loadDocuments, Reader } from "../ingest/read.js";
import type { Item } from "../records/record.js";
import { readSourceOf } from "../records/read.js";
import { Creator, unusableOf } from "./creator.js";
import { createFromRows } from "./create-rows.js";
import { enhance } from "./enhance.js";
import { documentsAtOnce, forEachInput } from "./inputs.js";
import { addCount, concernsOneInput, noteFailure, type Observer, type StageResult, Work } from "./stage.js";
import { gated, type Held, unitsOf } from "./units.js";

export interface CreateOptions {
  backend: Backend;
  config: Config;
  type: CreateType;
  /** How many records; what the configuration says where absent. */
  amount?: Amount | undefined;
  outputFolder: string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/**
 * Makes records of documents, as many documents at once as keep the backend full: one file per document, and one per
 * dataset of many. Types that are made of records take files of them.
 * @param inputs documents or datasets; files of records
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} what ends the whole run
 */
export function create(inputs: readonly string[], options: CreateOptions): Promise<StageResult> {
  const { type, ...others } = options;
  return type.input === "records"
    ? enhance(inputs, { ...others, type })
    : createFromDocuments(inputs, { ...others, type });
}

async function createFromDocuments(
  inputs: readonly string[],
  options: CreateOptions & { type: DocumentType },
): Promise<StageResult> {
  const { backend, config, type, outputFolder, signal } = options;
  await using reader = new Reader({
    settings: config.ingest,
    images: type.seesPictures === true,
    inputs: inputs.length,
    signal,
  });
  return await forEachInput(
    inputs,
    options,
    async ({ engine, observer, result }) => {
      const creator = await Creator.prepare(options, engine);
      await ensureOutputFolder(outputFolder);
      for (const warning of creator.setup.warnings) observer.warn(`warning: ${warning}`);
      for (const line of creator.description) observer.detail(line);
      const names = outputNames(outputFolder, type);
      const slots = new Gate(() => documentsAtOnce(backend));
      // Names are given in the order of the inputs, however long each takes to read, so that each run gives the same.
      let named: Promise<unknown> = Promise.resolve();
      return async (input) => {
        let firstIsNamed: () => void = () => undefined;
        const before = named;
        named = new Promise<void>((resolve) => (firstIsNamed = resolve));
        const loaded = loadDocuments(input, {
          reader,
          onRefused: (inner, error) => noteFailure(result, observer, inner, error),
        });
        const warned = async function* () {
          for await (const { document, warnings } of loaded) {
            for (const warning of warnings) observer.warn(`${input}: ${warning}`);
            yield document;
          }
        };
        const failures = result.failures.length;
        const outputs: string[] = [];
        try {
          const written = mapConcurrent(unitsOf(gated(warned(), slots)), documentsAtOnce(backend), async (unit) => {
            const { document } = unit.kind === "one" ? unit.held : unit.first;
            try {
              await before;
              const output = outputPath(outputFolder, type, await names(document));
              firstIsNamed();
              if (unit.kind === "rows") {
                await using work = await Work.begin(output, observer);
                await createFromRows(creator, output, document, unit.rows(), work, { observer, result, backend });
              } else await createOne(creator, output, unit.held, observer, result);
              return output;
            } catch (error) {
              // At once, so that the other documents of this input do not go on.
              if (!concernsOneInput(error)) engine.end(error);
              noteFailure(result, observer, document.source, error);
              return undefined;
            } finally {
              if (unit.kind === "one") unit.held.release();
              else unit.leave();
            }
          });
          for await (const output of written) if (output !== undefined) outputs.push(output);
        } finally {
          firstIsNamed();
        }
        // What went wrong with parts of it is noted; an input of which nothing is known would be lost without a word.
        if (outputs.length === 0 && result.failures.length === failures)
          observer.warn(`${input}: there is no document in it`);
        return outputs;
      };
    },
    (output) => `Content saved to ${output}`,
  );
}

async function createOne(
  creator: Creator,
  output: string,
  { document }: Held,
  observer: Observer,
  result: StageResult,
): Promise<void> {
  await using work = await Work.begin(output, observer);
  const creation = await creator.begin(document, work.journal);
  observer.detail(`${document.source}: ${creation.chunks.length} chunks`);
  const items: Item[] = [];
  for await (const item of creator.options.type.items?.(creation) ?? []) items.push(item);
  await writeCreation(creator, creation, items, output);
  noteCreation(result, observer, creation.report);
}

/**
 * Writes a document's records and the report beside them.
 * @returns what was written
 * @throws {QuernError} when not one record could be made
 */
export async function writeCreation(
  creator: Creator,
  creation: Creation,
  items: readonly Item[],
  output: string,
): Promise<Record<string, unknown>> {
  const content = await creator.contentOf(creation, items);
  await writeFileAtomic(output, `${JSON.stringify(content, null, 2)}\n`);
  const report = creator.reportOf({ ...creation.report, hash: creation.document.hash });
  await writeFileAtomic(reportPath(output), `${JSON.stringify(report, null, 2)}\n`);
  return content;
}

/** Notes in the result what became of a document, and says what is missing. */
export function noteCreation(result: StageResult, observer: Observer, report: CreationReport): void {
  addCount(result, "records made", report.made);
  if (report.duplicates > 0) addCount(result, "duplicates dropped", report.duplicates);
  if (report.cutAnswers > 0) addCount(result, "answers cut at the token limit", report.cutAnswers);
  const unusable = unusableOf(report);
  for (const [name, times] of unusable) addCount(result, `${name} dropped`, times);
  const leftOut = Object.entries(report.pictures?.leftOut ?? {});
  for (const [reason, times] of leftOut) addCount(result, `pictures left out: ${reason}`, times);
  if ((report.chunksWithoutPictures ?? 0) > 0)
    addCount(result, "chunks without pictures left out", report.chunksWithoutPictures!);
  if ((report.notSummarized ?? 0) > 0) {
    addCount(result, "characters not summarized", report.notSummarized!);
    observer.warn(
      `${report.document}: the last ${report.notSummarized} characters are left out of the summary (generation.max_context_length)`,
    );
  }
  const failed = Object.values(report.failures).reduce((sum, times) => sum + times, 0);
  if (failed > 0) addCount(result, "requests without a usable answer", failed);
  const wanted = report.wanted ?? report.made;
  const missing = wanted - report.made;
  if (missing > 0) {
    addCount(result, "records missing", missing);
    const why =
      failed > 0
        ? "requests failed"
        : unusable.length > 0
          ? "records could not be used"
          : "the text gave no more different questions";
    observer.warn(`${report.document}: ${report.made} of ${wanted} records: ${why}`);
  }
  const summaryFailed = Object.keys(report.failures).some((reason) => reason.startsWith("summary:"));
  // A model that always says the same is at fault, and not the text.
  const repeats = missing > 0 && wanted > 1 && report.duplicates > 0 && report.made < Math.max(2, report.chunks);
  const isShort = missing > 0 && (failed > 0 || unusable.length > 0 || repeats);
  if (isShort || (failed > 0 && summaryFailed)) result.incomplete++;
}

/** Gives each document its name, so that no two of one run, and of different sources on disk, get the same. */
export function outputNames(
  outputFolder: string,
  type: { suffix: string },
): (document: Pick<Document, "stem" | "source" | "hash">) => Promise<string> {
  const names = new NameGiver((name) => ownerOf(outputPath(outputFolder, type, name)));
  // One after the other, so that the same documents get the same names each time.
  let last: Promise<unknown> = Promise.resolve();
  return ({ stem, source, hash }) => {
    const name = last.then(() => names.nameFor(stem, source, hash));
    last = name.catch(() => undefined);
    return name;
  };
}

export function outputPath(outputFolder: string, { suffix }: { suffix: string }, name: string): string {
  return path.join(outputFolder, `${name}${suffix}.json`);
}

const ownerSchema = z.object({ document: z.string(), hash: z.string() });

/** What a file was made from: the report beside it says, which is small; else the file itself. */
async function ownerOf(output: string): Promise<Owner | undefined> {
  try {
    const report = ownerSchema.parse(JSON.parse(await readFile(reportPath(output), "utf8")));
    return { source: report.document, hash: report.hash };
  } catch {
    return await readSourceOf(output);
  }
}
