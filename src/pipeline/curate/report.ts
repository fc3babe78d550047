/** What is told of a curation, beside the file: the data that `report/` writes as JSON and HTML. */
import type { CheckAction, Json } from "./check.js";

/** Everything that `x.report.json` holds and `x.report.html` shows. */
export interface CurationReport {
  stage: "curate";
  /** The file of records, or the document, as it was named. */
  input: string;
  /** Paths as the command was given them. */
  output: string;
  dropped_file: string;
  metrics: CurationMetrics;
  /** In the order in which they were applied; those that are off are not among them. */
  checks: CheckReport[];
  /** Of the judge's ratings. */
  ratings: Distribution | null;
  /** The first few records of each kind. */
  examples: { kept: RecordExample[]; dropped: RecordExample[] };
  /** Records that are no records: they never reached a check. */
  unusable: { count: number; reasons: Record<string, number> };
  /** Records that do not say which text they came from. */
  without_source: number;
  /** The section `curate` of the configuration, as it was in force. */
  settings: Json;
  threshold: number;
  /** What rated; null where no model was asked. */
  model: Json;
  /** The text of each prompt that was used, by its name. */
  prompts?: Record<string, string>;
}

/** The peer's four, and how many there were ratings for. */
export interface CurationMetrics {
  total: number;
  /** Records kept. */
  filtered: number;
  /** Of all, 0 to 1, two decimals. */
  retention_rate: number;
  /** Over the rated, one decimal; 0 where none was. */
  avg_score: number;
  rated: number;
}

export interface CheckReport {
  name: string;
  description: string;
  action: CheckAction;
  /** Records that reached it. */
  seen: number;
  flagged: number;
  dropped: number;
  changed: number;
  /** Records that it could not look at; they are dropped. */
  failed: number;
  /** How often each reason was given, the most frequent first. */
  reasons: Record<string, number>;
  scores: Distribution | null;
  /** Of numbers that it noted on records, by name: scores by criterion, shares. */
  measures?: Record<string, Distribution>;
  /** Of words that it noted on records, by name: how often each level or verdict was given. */
  kinds?: Record<string, Record<string, number>>;
  /** What the check says of all records so far, in its own shape: see `Looker.summary`. */
  summary: Json;
  /** A few of its problems. */
  examples: { reason: string; detail?: string; question: string }[];
}

export interface Distribution {
  count: number;
  mean: number;
  min: number;
  max: number;
  /** The fifth, twenty-fifth, … percentiles, over a sample of 10,000 where there are more. */
  p5: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
  /** Counts of ten (for integers: up to as many as there are values) equal steps. */
  histogram: { from: number; to: number; count: number }[];
}

export interface RecordExample {
  question: string;
  answer: string;
  rating?: number;
  quality?: Json;
  dropped?: { check: string; reason: string; detail?: string };
}
