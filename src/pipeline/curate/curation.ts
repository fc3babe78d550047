/** Keeps the records whose rating reaches the threshold, as they were, and sets the others aside with their reason. */
import { conversationOf } from "../records/record.js";
import type { RecordKind, StoredRecord } from "../records/read.js";
import type { Rating } from "./judge.js";

export interface Judged {
  record: StoredRecord;
  rating?: Rating;
  /** Why there is no rating. */
  failure?: string;
}

export interface Curated {
  /** The content of the curated file, in synthetic-data-kit's shape. */
  content: Record<string, unknown>;
  /** The records that were kept, with their ratings. */
  kept: StoredRecord[];
  /** Records that were not kept, each with its reason. */
  dropped: Record<string, unknown>[];
  metrics: CurationMetrics;
}

/** The peer's four, and how many there were ratings for. */
export interface CurationMetrics {
  total: number;
  /** Records kept. */
  filtered: number;
  /** Of all, two decimals. */
  retention_rate: number;
  /** Over the rated, one decimal. */
  avg_score: number;
  rated: number;
}

/**
 * @param threshold the lowest rating that is kept
 */
export function assemble(
  kind: RecordKind,
  judged: readonly Judged[],
  threshold: number,
  rest: Readonly<Record<string, unknown>>,
): Curated {
  const kept: StoredRecord[] = [];
  const dropped: Record<string, unknown>[] = [];
  const ratings: number[] = [];
  for (const { record, rating, failure } of judged) {
    if (rating === undefined) {
      dropped.push({ ...record.raw, dropped: `not rated: ${failure ?? "no answer"}` });
      continue;
    }
    ratings.push(rating.rating);
    const raw = { ...record.raw, rating: rating.rating, rating_reason: rating.reason };
    if (rating.rating >= threshold) kept.push({ ...record, raw });
    else dropped.push({ ...raw, dropped: `rated ${rating.rating}, below the threshold of ${threshold}` });
  }
  const metrics: CurationMetrics = {
    total: judged.length,
    filtered: kept.length,
    retention_rate: round(judged.length === 0 ? 0 : kept.length / judged.length, 2),
    avg_score: round(ratings.length === 0 ? 0 : ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length, 1),
    rated: ratings.length,
  };
  const conversations = kept.map((record) => record.turns ?? conversationOf(record));
  const { summary = "", ...others } = rest;
  return {
    content: {
      summary,
      ...(kind === "conversations" ? {} : { [kind]: kept.map((record) => record.raw) }),
      conversations,
      metrics,
      ...others,
    },
    kept,
    dropped,
    metrics,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
