/** The making half of a run: records of one document, or of all rows of a source, handed on one by one as they are made. */
import type { Backend } from "../../backends/backend.js";
import { Channel } from "../channel.js";
import { recordOf } from "../create/pair-type.js";
import type { DocumentType } from "../create/type.js";
import type { Step } from "../curate/stream.js";
import type { Document } from "../document.js";
import type { Item } from "../records/record.js";
import { type RecordKind, type StoredRecord, without } from "../records/read.js";
import { createFromRows } from "./create-rows.js";
import { noteCreation, writeCreation } from "./create.js";
import type { Creator } from "./creator.js";
import { candidateOf } from "./curate.js";
import type { CurationJob } from "./curation-job.js";
import { concernsOneInput, type Observer, type StageResult, Work } from "./stage.js";
import type { Held } from "./units.js";

/** A document whose records are being made and curated. */
export interface InWork {
  source: string;
  steps: Channel<Step<InWork>>;
  /** Its curation; undefined until it has begun. */
  job?: CurationJob;
  /** Keys of the curated file beside its records, once they are known. */
  rest: Record<string, unknown>;
  /** Called, and resolved, when its last record is saved. */
  over: () => void;
  whenOver: Promise<void>;
}

export function newInWork(source: string): InWork {
  let over: () => void = () => undefined;
  const whenOver = new Promise<void>((resolve) => (over = resolve));
  return { source, steps: new Channel(), rest: {}, over, whenOver };
}

/** What making needs, the same for all documents of a run. */
export interface Making {
  creator: Creator;
  backend: Backend;
  type: DocumentType;
  observer: Observer;
  result: StageResult;
  /** The file for a document's records. */
  generatedFor: (document: Document) => Promise<string>;
  /** The curation of that file. */
  newJob: (generated: string) => CurationJob;
}

/** Makes the records of one document, and hands them on one by one. Never throws: a failure is handed on too. */
export function makeDocument(document: Document, file: InWork, making: Making): Promise<void> {
  const { creator, type, observer, result } = making;
  return inJob(document, file, making, async ({ output, work, job }) => {
    const creation = await creator.begin(document, work.journal);
    const key = recordsKey(type);
    await job.begin(key, {});
    const items: Item[] = [];
    for await (const item of type.items?.(creation) ?? []) {
      items.push(item);
      await handOn(item, document.source, file, work);
    }
    const content = await writeCreation(creator, creation, items, output);
    noteCreation(result, observer, creation.report);
    return without(content, key, "conversations");
  });
}

/** Makes the records of all rows of a source, and hands them on row by row. Never throws: a failure is handed on too. */
export function makeRows(first: Document, rows: AsyncIterable<Held>, file: InWork, making: Making): Promise<void> {
  const { creator, backend, type, observer, result } = making;
  return inJob(first, file, making, async ({ output, work, job }) => {
    await job.begin(recordsKey(type), {});
    const { source } = await createFromRows(creator, output, first, rows, work, {
      observer,
      result,
      backend,
      onItems: async (items) => {
        for (const item of items) await handOn(item, first.source, file, work);
      },
    });
    // The texts of all rows stay in the generated file: here they would have to be held until the last is rated.
    return { source };
  });
}

/** @param make gives the keys of the curated file beside its records */
async function inJob(
  document: Document,
  file: InWork,
  { creator, observer, generatedFor, newJob }: Making,
  make: (at: { output: string; work: Work; job: CurationJob }) => Promise<Record<string, unknown>>,
): Promise<void> {
  const { steps } = file;
  steps.push({ kind: "begin", file });
  try {
    const output = await generatedFor(document);
    const job = newJob(output);
    file.job = job;
    const work = await Work.begin(output, observer);
    job.holds(work);
    file.rest = await make({ output, work, job });
    steps.push({ kind: "end", file });
  } catch (error) {
    if (!concernsOneInput(error)) creator.engine.end(error);
    steps.push({ kind: "failed", file, error });
  } finally {
    steps.close();
  }
}

async function handOn(item: Item, source: string, file: InWork, work: Work): Promise<void> {
  const record: StoredRecord = { ...item.fields, raw: recordOf(item) };
  // Its place among all records is known only where all documents come together.
  const candidate = await candidateOf(record, item.chunkText, { position: 0, source, answers: work.journal });
  file.steps.push({ kind: "record", file, candidate });
}

/** The list of a generated file that holds its pairs. */
function recordsKey(type: DocumentType): RecordKind {
  return type.name === "cot" ? "cot_examples" : "qa_pairs";
}
