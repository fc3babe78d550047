/** Puts records through the checks, and decides by the user's settings what becomes of them. */
import type { StoredRecord } from "../records/read.js";
import type { Candidate, Check, CheckAction, CheckContext, Json, Looker, Verdict } from "./check.js";
import { actionOf, checksFor } from "./checks.js";

/** A check at work. */
export interface OpenCheck {
  check: Check;
  action: CheckAction;
  looker: Looker;
}

/** Why a record is not kept. */
export interface Dropped {
  check: string;
  reason: string;
  detail?: string;
}

/** A record on its way, with all that was said of it. */
export interface Passing {
  /** As it is now: masked, where a check masked it. */
  candidate: Candidate;
  found: { check: OpenCheck; verdict: Verdict }[];
  dropped?: Dropped;
  /** It was dropped because a check could not look at it. */
  failed?: boolean;
}

/** All checks of a command, each opened once. */
export class Curator implements AsyncDisposable {
  private constructor(
    readonly open: readonly OpenCheck[],
    private readonly cheap: readonly OpenCheck[],
    private readonly asking: readonly OpenCheck[],
  ) {}

  /** @throws {InputError} {ConfigError} {UsageError} when the settings of a check cannot be used */
  static async begin(context: CheckContext): Promise<Curator> {
    const open: OpenCheck[] = [];
    try {
      for (const check of checksFor(context.config))
        open.push({ check, action: actionOf(context.config, check.name), looker: await check.open(context) });
    } catch (error) {
      for (const { looker } of open) await looker.close?.();
      throw error;
    }
    const asks = (one: OpenCheck) => one.check.asksModel?.(context.config) === true;
    return new Curator(
      open,
      open.filter((one) => !asks(one)),
      open.filter(asks),
    );
  }

  /** Whether any check may ask the model. */
  get asksModel(): boolean {
    return this.asking.length > 0;
  }

  /** Puts consecutive records through the checks without a model. One call at a time, in the order of the input. */
  async look(candidates: readonly Candidate[]): Promise<Passing[]> {
    const batch = candidates.map((candidate): Passing => ({ candidate, found: [] }));
    await apply(this.cheap, batch);
    return batch;
  }

  /** Puts what is left of a batch through the checks that may ask the model. */
  async ask(batch: readonly Passing[]): Promise<void> {
    await apply(this.asking, batch);
  }

  /** Tells the checks of a record that is kept in the end. Called in the order of the input. */
  keep(passing: Passing): void {
    for (const { looker } of this.open) looker.kept?.(passing.candidate.record, passing.candidate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { looker } of this.open) await looker.close?.();
  }
}

async function apply(checks: readonly OpenCheck[], batch: readonly Passing[]): Promise<void> {
  for (const check of checks) {
    const left = batch.filter((passing) => passing.dropped === undefined);
    if (left.length === 0) return;
    const verdicts = await check.looker.look(left.map(({ candidate }) => candidate));
    if (verdicts.length !== left.length)
      throw new Error(`${check.check.name} said ${verdicts.length} of ${left.length} records`);
    for (const [i, passing] of left.entries()) note(passing, check, verdicts[i]!);
  }
}

function note(passing: Passing, check: OpenCheck, verdict: Verdict): void {
  passing.found.push({ check, verdict });
  const { name } = check.check;
  const { record, text, failure, problems = [] } = verdict;
  if (record !== undefined) passing.candidate = { ...passing.candidate, record };
  if (text !== undefined) passing.candidate = { ...passing.candidate, text };
  if (failure !== undefined) {
    passing.dropped = { check: name, reason: failure };
    passing.failed = true;
    return;
  }
  const decides = check.action === "drop" ? problems.find(({ mild }) => mild !== true) : undefined;
  if (decides === undefined) return;
  const { reason, detail } = decides;
  passing.dropped = { check: name, reason, ...(detail === undefined ? {} : { detail }) };
}

/**
 * The record as it is written: with what the checks noted of it.
 * @returns `raw` and, over it, the checks' fields, `quality` (their notes, and `flags`) and `dropped`
 */
export function annotated({ candidate, found, dropped }: Passing): Record<string, unknown> {
  const { raw } = candidate.record;
  const quality: Record<string, Json> = {};
  const flags: Json[] = [];
  const fields: Record<string, unknown> = {};
  for (const { check, verdict } of found) {
    Object.assign(fields, verdict.fields);
    const { name } = check.check;
    if (verdict.note !== undefined) quality[name] = verdict.note;
    for (const { reason, detail } of verdict.problems ?? []) {
      // What it was dropped for is said there.
      if (dropped?.check === name && dropped.reason === reason) continue;
      flags.push({ check: name, reason, ...(detail === undefined ? {} : { detail }) });
    }
  }
  if (flags.length > 0) quality["flags"] = flags;
  const before = isObject(raw["quality"]) ? withoutFlags(raw["quality"]) : {};
  const all = { ...before, ...quality };
  return {
    ...raw,
    ...fields,
    ...(Object.keys(all).length === 0 ? {} : { quality: all }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}

/** A record that is kept, as later stages take it. */
export function keptRecord(passing: Passing): StoredRecord {
  return { ...passing.candidate.record, raw: annotated(passing) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Flags of an earlier curation are made anew. */
function withoutFlags(quality: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(quality).filter(([key]) => key !== "flags"));
}
