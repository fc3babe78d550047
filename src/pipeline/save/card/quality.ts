/** What reports beside the inputs say of how records were made and measured. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { reportPath } from "../../files/names.js";

const distribution = z.object({ count: z.number(), mean: z.number() });

/** Of `curate/report.ts`, what the card tells. */
const curationSchema = z.object({
  stage: z.literal("curate"),
  input: z.string().optional(),
  metrics: z.object({ total: z.number(), filtered: z.number(), avg_score: z.number(), rated: z.number() }),
  checks: z
    .array(
      z.object({
        name: z.string(),
        description: z.string(),
        action: z.string(),
        seen: z.number(),
        flagged: z.number(),
        dropped: z.number(),
        changed: z.number().default(0),
        scores: distribution.nullish(),
        // What a check says of all records; here only whether it ran.
        summary: z.object({ ran: z.boolean().optional() }).optional().catch(undefined),
      }),
    )
    .default([]),
  threshold: z.number().optional(),
  model: z.unknown(),
});

/** Of what `create` reports, what the card tells. */
const creationSchema = z.object({
  stage: z.literal("create"),
  type: z.string().optional(),
  model: z.unknown(),
  sizes: z.unknown(),
});

export interface CheckSums {
  description: string;
  actions: Set<string>;
  seen: number;
  flagged: number;
  dropped: number;
  changed: number;
  scores: { count: number; sum: number };
}

/** The reports of all inputs, added up. */
export interface Quality {
  /** Inputs with a report of a curation. */
  curated: number;
  /** Records before and after, and those that were rated. */
  total: number;
  kept: number;
  rated: number;
  /** Of the ratings of all rated records, kept or not. */
  ratingSum: number;
  thresholds: Set<number>;
  judges: Set<string>;
  checks: Map<string, CheckSums>;
  /** What reports of `create` say of sizes: `chunk 512 tokens`. */
  settings: Set<string>;
}

/**
 * Reads the report beside each input, and that of the file it was curated from; inputs without one count as not measured.
 * @param inputs files of records
 */
export async function qualityOf(inputs: readonly string[]): Promise<Quality> {
  const quality: Quality = {
    curated: 0,
    total: 0,
    kept: 0,
    rated: 0,
    ratingSum: 0,
    thresholds: new Set(),
    judges: new Set(),
    checks: new Map(),
    settings: new Set(),
  };
  for (const input of inputs) {
    const report = await readReport(input);
    const curation = curationSchema.safeParse(report).data;
    if (curation !== undefined) addCuration(quality, curation);
    const made = curation?.input === undefined ? report : await readNear(curation.input, input);
    const creation = creationSchema.safeParse(made).data;
    for (const line of settingsIn(creation?.sizes)) quality.settings.add(line);
  }
  return quality;
}

function addCuration(quality: Quality, { metrics, checks, threshold, model }: z.output<typeof curationSchema>): void {
  quality.curated++;
  quality.total += metrics.total;
  quality.kept += metrics.filtered;
  quality.rated += metrics.rated;
  quality.ratingSum += metrics.avg_score * metrics.rated;
  if (threshold !== undefined && metrics.rated > 0) quality.thresholds.add(threshold);
  const judge = modelName(model);
  if (judge !== undefined) quality.judges.add(judge);
  for (const check of checks) {
    if (check.summary?.ran === false) continue;
    const sums = quality.checks.get(check.name) ?? {
      description: check.description,
      actions: new Set(),
      seen: 0,
      flagged: 0,
      dropped: 0,
      changed: 0,
      scores: { count: 0, sum: 0 },
    };
    quality.checks.set(check.name, sums);
    sums.actions.add(check.action);
    sums.seen += check.seen;
    sums.flagged += check.flagged;
    sums.dropped += check.dropped;
    sums.changed += check.changed;
    sums.scores.count += check.scores?.count ?? 0;
    sums.scores.sum += (check.scores?.mean ?? 0) * (check.scores?.count ?? 0);
  }
}

/** A model as reports name it: its name, or an object that has one. */
function modelName(model: unknown): string | undefined {
  if (typeof model === "string" && model !== "") return model;
  return z.object({ name: z.string() }).safeParse(model).data?.name;
}

function settingsIn(sizes: unknown): string[] {
  const plain =
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).catch("")).safeParse(sizes).data ?? {};
  return Object.entries(plain)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`);
}

/** The report of a file that a report names by the path of another working directory. */
async function readNear(file: string, input: string): Promise<unknown> {
  return (await readReport(file)) ?? (await readReport(path.join(path.dirname(input), path.basename(file))));
}

async function readReport(input: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(reportPath(input), "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
