/** The session that a command works on: a new one, or one that goes on with what its flags change. */
import { readFile } from "node:fs/promises";
import { InputError, messageOf, UsageError } from "../../../errors.js";
import { openTask, readDataGuide, type TaskFolder } from "../../../pipeline/projects/index.js";
import { defaultsOf } from "../../../pipeline/synthesis/goals.js";
import { Session, sessionIds } from "../../../pipeline/synthesis/session.js";
import type { SessionSettings } from "../../../pipeline/synthesis/settings.js";
import { checkTag, parseTagShares } from "../../../pipeline/synthesis/tags.js";
import { resolveTemplate } from "../../../pipeline/synthesis/templates.js";
import { type StageName, stages } from "../../../pipeline/synthesis/types.js";
import type { Reporter } from "../../reporter.js";
import type { SynthesisFlags } from "../../synthesis-options.js";

/** What guidance of the command is for. */
export type GuidedStage = StageName | "all" | "none";

const mostGuidanceCharacters = 20_000;

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
  const fresh = known === undefined ? await newSettings(task, flags, stage) : undefined;
  const session = fresh === undefined ? await Session.resume(task, known!) : await Session.begin(task, fresh);
  try {
    if (session.damagedLines > 0)
      reporter.warn(
        `session ${session.id}: ${session.damagedLines} lines of its log cannot be read; what they held is made again`,
      );
    if (fresh === undefined) {
      await changeSettings(session, flags, stage, reporter);
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

/** @throws {UsageError} {ConfigError} {InputError} for what cannot be used */
export async function newSettings(
  task: TaskFolder,
  flags: SynthesisFlags,
  stage: GuidedStage,
): Promise<SessionSettings> {
  const goal = flags.goal ?? "fine-tune";
  const defaults = defaultsOf(goal);
  const template = await resolveTemplate(flags.template ?? defaults.template, {
    goal,
    values: await fieldsOf(flags),
    task: task.task,
  });
  const guide = flags.dataGuide === false ? undefined : await readDataGuide(task);
  return {
    goal,
    template,
    guidance: { topics: "", inputs: "", outputs: "", ...(await guidanceOf(flags, stage)) },
    data_guide: guide?.guide ?? "",
    tags: (flags.tag ?? []).map(checkTag),
    splits: flags.split === undefined ? [...defaults.splits] : parseTagShares(flags.split),
    fail_share: flags.failShare ?? (goal === "eval" ? template.fail_share : 0),
    judge: flags.judge ?? defaults.judge,
    prompt: flags.prompt ?? "basic",
  };
}

/** Takes over what the flags say anew; goal and template stay what they are. */
async function changeSettings(
  session: Session,
  flags: SynthesisFlags,
  stage: GuidedStage,
  reporter: Reporter,
): Promise<void> {
  const before = session.settings;
  const isOther =
    (flags.goal !== undefined && flags.goal !== before.goal) || flags.template !== undefined || flags.field;
  if (isOther) {
    const goal = flags.goal ?? before.goal;
    const template = await resolveTemplate(flags.template ?? before.template.name, {
      goal,
      values: await fieldsOf(flags),
      task: session.task.task,
    });
    if (goal !== before.goal || JSON.stringify(template) !== JSON.stringify(before.template))
      throw new UsageError(
        `the session ${session.id} is for --goal ${before.goal} with the template ${before.template.name}`,
        { remedy: "begin another with --new, or leave --goal, --template and --field out" },
      );
  }
  const after: SessionSettings = {
    ...before,
    guidance: { ...before.guidance, ...(await guidanceOf(flags, stage)) },
    ...(flags.tag === undefined ? {} : { tags: flags.tag.map(checkTag) }),
    ...(flags.split === undefined ? {} : { splits: parseTagShares(flags.split) }),
    ...(flags.failShare === undefined ? {} : { fail_share: flags.failShare }),
    ...(flags.judge === undefined ? {} : { judge: flags.judge }),
    ...(flags.prompt === undefined ? {} : { prompt: flags.prompt }),
    ...(flags.dataGuide === false ? { data_guide: "" } : {}),
  };
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  await session.write({ settings: after });
  const changed = Object.keys(after).filter(
    (key) =>
      JSON.stringify(after[key as keyof SessionSettings]) !== JSON.stringify(before[key as keyof SessionSettings]),
  );
  reporter.warn(`session ${session.id} goes on with another ${changed.join(", ").replaceAll("_", " ")}`);
}

async function guidanceOf(flags: SynthesisFlags, stage: GuidedStage): Promise<Partial<SessionSettings["guidance"]>> {
  const all = await textOf("--guidance", flags.guidance);
  const own = {
    topics: await textOf("--topics-guidance", flags.topicsGuidance),
    inputs: await textOf("--inputs-guidance", flags.inputsGuidance),
    outputs: await textOf("--outputs-guidance", flags.outputsGuidance),
  };
  const guidance: Partial<SessionSettings["guidance"]> = {};
  for (const one of stages) {
    const general = stage === "all" || stage === one ? all : undefined;
    const texts = [general, own[one]].filter((text) => text !== undefined);
    if (texts.length > 0) guidance[one] = texts.join("\n\n");
  }
  return guidance;
}

async function fieldsOf({ field = [] }: SynthesisFlags): Promise<Record<string, string[]>> {
  const values: Record<string, string[]> = {};
  for (const [name, given] of field) {
    const text = await textOf(`--field ${name}`, given);
    values[name] = [...(values[name] ?? []), text ?? ""];
  }
  return values;
}

/** A text as it was given, or what stands in the file that it names with `@`. */
export async function textOf(flag: string, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  let text = given;
  if (given.startsWith("@")) {
    try {
      text = await readFile(given.slice(1), "utf8");
    } catch (error) {
      throw new InputError(`${flag}: ${given.slice(1)} cannot be read: ${messageOf(error)}`, {
        remedy: "check the path",
        cause: error,
      });
    }
  }
  if (text.length > mostGuidanceCharacters)
    throw new UsageError(
      `${flag}: the text has ${text.length} characters, and ${mostGuidanceCharacters} are possible`,
      {
        remedy: "shorten it",
      },
    );
  return text.replace(/^\uFEFF/, "").trim();
}
