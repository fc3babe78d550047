/** The session that a command works on: a new one, or one that goes on with what its flags change. */
import { UsageError } from "../../../errors.js";
import { openTask, type TaskFolder } from "../../../pipeline/projects/index.js";
import { changeSettings, newSettings, type SettingsWish } from "../../../pipeline/synthesis/new-settings.js";
import { Session, sessionIds } from "../../../pipeline/synthesis/session.js";
import type { SessionSettings } from "../../../pipeline/synthesis/settings.js";
import { type StageName, stages } from "../../../pipeline/synthesis/types.js";
import type { Reporter } from "../../reporter.js";
import type { SynthesisFlags } from "../../synthesis-options.js";
import { textFlag } from "../text-flag.js";

/** What guidance of the command is for. */
export type GuidedStage = StageName | "all" | "none";

/**
 * @param begins whether the command begins a session where there is none to go on with
 * @param stage that `--guidance` is for
 * @throws {UsageError} for flags that cannot be used, before any work
 */
export async function openSession(
  given: string,
  flags: SynthesisFlags,
  stage: GuidedStage,
  begins: boolean,
  reporter: Reporter,
): Promise<Session> {
  const task = await openTask(given);
  if (flags.new === true && flags.session !== undefined)
    throw new UsageError("--new and --session exclude each other", { remedy: "leave one of them out" });
  const known = flags.new === true ? undefined : await lastOpen(task, flags.session);
  if (known === undefined && !begins)
    throw new UsageError(`the task "${task.task.name}" has no session that is not finished`, {
      remedy: "begin one with quern topics, quern inputs or quern generate, or name one with --session",
    });
  // Checked before a session is begun or locked.
  const wish = await wishOf(flags, stage);
  const fresh = known === undefined ? await newSettings(task, wish) : undefined;
  const session = fresh === undefined ? await Session.resume(task, known!) : await Session.begin(task, fresh);
  try {
    if (session.damagedLines > 0)
      reporter.warn(
        `session ${session.id}: ${session.damagedLines} lines of its log cannot be read; what they held is made again`,
      );
    if (fresh === undefined) {
      const changed = await changeSettings(session, wish);
      if (changed.length > 0)
        reporter.warn(`session ${session.id} goes on with another ${changed.join(", ").replaceAll("_", " ")}`);
      if (session.closed) await session.write({ closed: false });
    }
    reporter.detail(`session ${session.id} ${fresh === undefined ? "goes on" : "begun"}`);
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/** @returns the session that was named, or the last one if something of it is left to do */
export async function lastOpen(task: TaskFolder, named: string | undefined): Promise<string | undefined> {
  const ids = await sessionIds(task);
  if (named !== undefined) {
    if (!ids.includes(named))
      throw new UsageError(`there is no session ${named} of the task "${task.task.name}"`, {
        remedy: ids.length === 0 ? "leave --session out to begin one" : `there are ${ids.join(", ")}`,
      });
    return named;
  }
  const last = ids.at(-1);
  if (last === undefined) return undefined;
  await using session = await Session.resume(task, last, true);
  return session.closed ? undefined : last;
}

/** What the flags say of a session's settings. */
export async function wishOf(flags: SynthesisFlags, stage: GuidedStage): Promise<SettingsWish> {
  return {
    goal: flags.goal,
    template: flags.template,
    ...(flags.field === undefined ? {} : { fields: await fieldsOf(flags.field) }),
    guidance: await guidanceOf(flags, stage),
    ...(flags.dataGuide === false ? { dataGuide: false } : {}),
    tags: flags.tag,
    splits: flags.split,
    failShare: flags.failShare,
    judge: flags.judge,
    prompt: flags.prompt,
  };
}

async function guidanceOf(flags: SynthesisFlags, stage: GuidedStage): Promise<Partial<SessionSettings["guidance"]>> {
  const all = await textFlag("--guidance", flags.guidance);
  const own = {
    topics: await textFlag("--topics-guidance", flags.topicsGuidance),
    inputs: await textFlag("--inputs-guidance", flags.inputsGuidance),
    outputs: await textFlag("--outputs-guidance", flags.outputsGuidance),
  };
  const guidance: Partial<SessionSettings["guidance"]> = {};
  for (const one of stages) {
    const general = stage === "all" || stage === one ? all : undefined;
    const texts = [general, own[one]].filter((text) => text !== undefined);
    if (texts.length > 0) guidance[one] = texts.join("\n\n");
  }
  return guidance;
}

async function fieldsOf(field: readonly [string, string][]): Promise<Record<string, string[]>> {
  const values = new Map<string, string[]>();
  for (const [name, given] of field) {
    const text = await textFlag(`--field ${name}`, given);
    values.set(name, [...(values.get(name) ?? []), text ?? ""]);
  }
  // Not by assigning keys: `__proto__` is to be told as a field that there is not.
  return Object.fromEntries(values);
}
