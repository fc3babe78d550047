/** The settings of a session, from what a user wants of it. */
import { UsageError } from "../../errors.js";
import { readDataGuide, type TaskFolder } from "../projects/index.js";
import { defaultsOf, failShareFor } from "./goals.js";
import type { Session } from "./session.js";
import type { Guidance, SessionSettings } from "./settings.js";
import { checkTag, parseTagShares } from "./tags.js";
import { findTemplate, resolveTemplate, shippedNames } from "./templates.js";
import type { Goal, TemplateTexts } from "./types.js";

/** What is absent is left to the goal, or stays as it is. */
export interface SettingsWish {
  goal?: Goal | undefined;
  /** A name, or a file of one's own. */
  template?: string | undefined;
  /** What the template asks for. */
  fields?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Texts in the place of the template's own. */
  texts?: Partial<TemplateTexts> | undefined;
  guidance?: Guidance | undefined;
  /** Whether the task's guide to its inputs is shown. */
  dataGuide?: boolean | undefined;
  tags?: readonly string[] | undefined;
  /** `eval_data=80,golden_data=20`, or a part of it each. */
  splits?: readonly string[] | undefined;
  failShare?: number | undefined;
  judge?: boolean | undefined;
  prompt?: string | undefined;
}

/** @throws {UsageError} {ConfigError} {InputError} for what cannot be used */
export async function newSettings(task: TaskFolder, wish: SettingsWish): Promise<SessionSettings> {
  const goal = wish.goal ?? (await usualGoal(wish.template));
  const defaults = defaultsOf(goal);
  const template = await resolveTemplate(wish.template ?? defaults.template, {
    goal,
    values: wish.fields ?? {},
    task: task.task,
    overrides: wish.texts,
  });
  const guide = wish.dataGuide === false ? undefined : await readDataGuide(task);
  return {
    goal,
    template,
    guidance: { topics: "", inputs: "", outputs: "", ...wish.guidance },
    data_guide: guide?.guide ?? "",
    tags: (wish.tags ?? []).map(checkTag),
    splits: wish.splits === undefined ? [...defaults.splits] : parseTagShares(wish.splits),
    fail_share: failShareFor(goal, template, wish.failShare),
    judge: wish.judge ?? defaults.judge,
    prompt: wish.prompt ?? "basic",
  };
}

/** @returns the goal that a template names first */
async function usualGoal(template: string | undefined): Promise<Goal> {
  return template === undefined ? "fine-tune" : (await findTemplate(template)).goals[0]!;
}

/**
 * Takes over what is wanted anew in a session that goes on; goal and template stay what they are.
 * @returns the names of what has changed
 * @throws {UsageError} where another goal or template is wanted, or what is wanted cannot be used
 */
export async function changeSettings(session: Session, wish: SettingsWish): Promise<string[]> {
  const before = session.settings;
  const goal = wish.goal ?? before.goal;
  if (goal !== before.goal || wish.template !== undefined || wish.fields !== undefined || wish.texts !== undefined) {
    const isOwn = !(await shippedNames()).includes(before.template.name);
    if (isOwn && wish.template === undefined && goal === before.goal)
      throw new UsageError(
        `the session ${session.id} was begun with a template of your own, ${before.template.name}: its fields cannot be compared without it`,
        { remedy: "name its file with --template too, or leave goal and fields out: the session has them" },
      );
    const template = await resolveTemplate(wish.template ?? before.template.name, {
      goal,
      values: wish.fields ?? {},
      task: session.task.task,
      overrides: wish.texts,
    });
    if (goal !== before.goal || JSON.stringify(template) !== JSON.stringify(before.template))
      throw new UsageError(
        `the session ${session.id} is for the goal ${before.goal} with the template ${before.template.name}`,
        { remedy: "begin another (--new), or leave goal, template and fields out" },
      );
  }
  const after: SessionSettings = {
    ...before,
    guidance: { ...before.guidance, ...wish.guidance },
    ...(wish.tags === undefined ? {} : { tags: wish.tags.map(checkTag) }),
    ...(wish.splits === undefined ? {} : { splits: parseTagShares(wish.splits) }),
    ...(wish.failShare === undefined ? {} : { fail_share: failShareFor(before.goal, before.template, wish.failShare) }),
    ...(wish.judge === undefined ? {} : { judge: wish.judge }),
    ...(wish.prompt === undefined ? {} : { prompt: wish.prompt }),
    ...(wish.dataGuide === false ? { data_guide: "" } : {}),
  };
  const changed = (Object.keys(after) as (keyof SessionSettings)[]).filter(
    (key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]),
  );
  if (changed.length > 0) await session.write({ settings: after });
  return changed;
}
