/** What question kinds have in common: a summary of the document's beginning beside the records. */
import type { Item } from "../records/record.js";
import { generatePairs, type PairKind } from "./pairs.js";
import { summarizeChunk } from "./summarize.js";
import { countFailure, type Creation, sourceOf } from "./type.js";

/** The schema of a text that must not be empty, up to a number of characters that no useful one reaches. */
export const boundedText = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });

/** Of the beginning of the document, as in synthetic-data-kit: it tells what the document is about. */
const summaries = new WeakMap<Creation, Promise<string>>();

function headSummary(creation: Creation): Promise<string> {
  const known = summaries.get(creation);
  if (known !== undefined) return known;
  const summary = summarizeChunk(creation, creation.chunks[0]!).then((outcome) => {
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
export async function* pairItems(creation: Creation, kind: PairKind): AsyncGenerator<Item, void, undefined> {
  void headSummary(creation);
  yield* generatePairs(creation, kind, () => headSummary(creation));
}

/** The file around the records. */
export async function pairContent(creation: Creation, made: readonly Item[], rest: Record<string, unknown>) {
  const used = new Set(made.map((item) => item.provenance.chunk));
  return { summary: await headSummary(creation), ...rest, source: sourceOf(creation, used) };
}

/** How a record stands in a file. */
export function recordOf({ fields, provenance }: Item): Record<string, unknown> {
  return { ...fields, provenance };
}
