/** What question kinds have in common: a summary of the document's beginning beside the records. */
import type { Chunk } from "../document.js";
import type { Item } from "../records/record.js";
import { generatePairs, type PairKind } from "./pairs.js";
import type { Picture } from "./pictures.js";
import { summarizeHead } from "./summarize.js";
import { countFailure, type Creation } from "./type.js";

/** Of the beginning of the document, as in synthetic-data-kit: it tells what the document is about. */
const summaries = new WeakMap<Creation, Promise<string>>();

function headSummary(creation: Creation): Promise<string> {
  const known = summaries.get(creation);
  if (known !== undefined) return known;
  const summary = summarizeHead(creation).then((outcome) => {
    if (outcome.ok) return outcome.value;
    countFailure(creation.report, `summary: ${outcome.reason}`);
    return "";
  });
  // It is awaited at the end; until then a failure must not count as unhandled.
  summary.catch(() => undefined);
  summaries.set(creation, summary);
  return summary;
}

/** The records of a document, as they are made. */
export async function* pairItems(
  creation: Creation,
  kind: PairKind,
  chunks?: readonly Chunk[],
  picturesOf?: (chunk: Chunk) => readonly (readonly Picture[])[],
): AsyncGenerator<Item, void, undefined> {
  void headSummary(creation);
  yield* generatePairs(creation, kind, () => headSummary(creation), chunks, picturesOf);
}

/** What stands beside the records. */
export async function pairHead(creation: Creation): Promise<Record<string, unknown>> {
  return { summary: await headSummary(creation) };
}

/** How a record stands in a file. */
export function recordOf({ fields, provenance }: Item): Record<string, unknown> {
  return { ...fields, provenance };
}
