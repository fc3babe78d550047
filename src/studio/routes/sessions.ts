/** Sessions of making data: their settings, topics and samples. */
import { z } from "zod";
import type { TaskFolder } from "../../pipeline/projects/index.js";
import {
  addInput,
  addTopicPath,
  editInput,
  editOutput,
  removeOutput,
  removeSample,
  removeTopic,
  renameTopic,
} from "../../pipeline/synthesis/edit.js";
import { changeSettings, newSettings, type SettingsWish } from "../../pipeline/synthesis/new-settings.js";
import { removeSession, type Sample, Session, sessionIds } from "../../pipeline/synthesis/session.js";
import { listTemplates } from "../../pipeline/synthesis/templates.js";
import { parseTopicText, topicText } from "../../pipeline/synthesis/topic-text.js";
import type { TopicNode } from "../../pipeline/synthesis/topic-tree.js";
import { goals } from "../../pipeline/synthesis/types.js";
import { type App, inSample, inSession, inTask, type Studio, taskPath } from "../app.js";
import { RefusedError } from "../errors.js";

const text = z.string().max(20_000);
const texts = z.object({
  topics: text,
  inputs: text,
  outputs_pass: text,
  outputs_fail: text,
  criterion: text,
});

const settings = z.object({
  goal: z.enum(goals).optional(),
  /** Names only: a path would let callers read files. */
  template: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .optional(),
  fields: z.record(z.string(), z.union([text, z.array(text)])).optional(),
  texts: texts.partial().optional(),
  guidance: z.object({ topics: text, inputs: text, outputs: text }).partial().optional(),
  data_guide: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  splits: z.record(z.string(), z.number().nonnegative()).optional(),
  fail_share: z.number().min(0).max(1).optional(),
  judge: z.boolean().optional(),
  prompt: z.string().optional(),
});

const path = z.array(z.string()).max(16);

export function sessionRoutes(app: App, { library, sessions, jobs }: Studio): void {
  const at = `${taskPath}/sessions/:session`;
  const use = async <T>(params: z.output<typeof inSession>, work: (session: Session) => Promise<T>): Promise<T> => {
    const task = await library.task(params.project, params.task);
    if (!(await sessionIds(task)).includes(params.session))
      throw new RefusedError(404, `there is no session ${params.session}`);
    return await sessions.use(task, params.session, work);
  };

  app.get(
    "/api/templates",
    { schema: { summary: "The templates there are, with their texts", tags: ["sessions"] } },
    async () => ({
      templates: (await listTemplates()).map(
        ({ name, title, description, goals: forGoals, uncensored, fail_share, fields, texts: own }) => ({
          name,
          title,
          description,
          goals: forGoals,
          uncensored,
          fail_share,
          fields,
          texts: own,
        }),
      ),
    }),
  );

  app.get(
    `${taskPath}/sessions`,
    { schema: { summary: "The sessions of a task", tags: ["sessions"], params: inTask } },
    async ({ params }) => {
      const task = await library.task(params.project, params.task);
      const all = [];
      for (const id of await sessionIds(task)) {
        await using session = await Session.resume(task, id, true);
        all.push(facts(session));
      }
      return { sessions: all };
    },
  );

  app.post(
    `${taskPath}/sessions`,
    { schema: { summary: "Begins a session", tags: ["sessions"], params: inTask, body: settings } },
    async ({ params, body }, reply) => {
      const task = await library.task(params.project, params.task);
      const inUse = sessions.inUse(task);
      if (inUse !== undefined)
        throw new RefusedError(409, `the session ${inUse} of this task is in use`, { remedy: "wait for its job" });
      const made = await begin(task, wishOf(body));
      return reply.status(201).send(made);
    },
  );

  app.get(at, { schema: { summary: "A session", tags: ["sessions"], params: inSession } }, async ({ params }) => {
    const task = await library.task(params.project, params.task);
    await using session = await Session.resume(task, params.session, true);
    return { ...facts(session), topics: tree(session.topics.root) };
  });

  app.patch(
    at,
    {
      schema: { summary: "Changes settings, such as guidance", tags: ["sessions"], params: inSession, body: settings },
    },
    async ({ params, body }) =>
      await use(params, async (session) => {
        const changed = await changeSettings(session, wishOf(body));
        return { ...facts(session), changed };
      }),
  );

  app.delete(
    at,
    { schema: { summary: "Takes a session away with all that is not saved", tags: ["sessions"], params: inSession } },
    async ({ params }) => {
      const task = await library.task(params.project, params.task);
      if (
        sessions.inUse(task) === params.session ||
        jobs.list().some((job) => job.session === params.session && job.ended_at === null)
      )
        throw new RefusedError(409, "the session is in use", { remedy: "cancel its job" });
      await removeSession(task, params.session);
      return { removed: params.session };
    },
  );

  app.post(
    `${at}/topics`,
    {
      schema: {
        summary: "Adds topics: paths, or indented text",
        tags: ["topics"],
        params: inSession,
        body: z.union([z.object({ paths: z.array(path).min(1) }), z.object({ text: z.string().max(1_000_000) })]),
      },
    },
    async ({ params, body }) =>
      await use(params, async (session) => {
        let added = 0;
        const paths = "paths" in body ? body.paths : parseTopicText(body.text, "the text");
        for (const one of paths) if (await addTopicPath(session, one)) added++;
        return { added, topics: tree(session.topics.root) };
      }),
  );

  app.patch(
    `${at}/topics`,
    {
      schema: {
        summary: "Gives a topic another name",
        tags: ["topics"],
        params: inSession,
        body: z.object({ path, name: z.string() }),
      },
    },
    async ({ params, body }) =>
      await use(params, async (session) => {
        await renameTopic(session, body.path, body.name);
        return { topics: tree(session.topics.root) };
      }),
  );

  app.delete(
    `${at}/topics`,
    {
      schema: {
        summary: "Takes a topic out, with all below it that is not saved",
        tags: ["topics"],
        params: inSession,
        body: z.object({ path }),
      },
    },
    async ({ params, body }) => await use(params, async (session) => await removeTopic(session, body.path)),
  );

  app.get(
    `${at}/topics.txt`,
    { schema: { summary: "The topics as indented text", tags: ["topics"], params: inSession } },
    async ({ params }, reply) => {
      const task = await library.task(params.project, params.task);
      await using session = await Session.resume(task, params.session, true);
      return await reply.type("text/plain; charset=utf-8").send(topicText(session.topics));
    },
  );

  app.get(
    `${at}/samples`,
    {
      schema: {
        summary: "Samples of a session, with their outputs",
        tags: ["samples"],
        params: inSession,
        querystring: z.object({
          offset: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          state: z.enum(["all", "open", "unsaved", "rejected", "saved"]).default("all"),
        }),
      },
    },
    async ({ params, query }) => {
      const task = await library.task(params.project, params.task);
      await using session = await Session.resume(task, params.session, true);
      const all = [...session.samples.values()].filter((sample) => states[query.state](sample));
      const page = all.slice(query.offset, query.offset + query.limit);
      return { total: all.length, samples: await Promise.all(page.map((sample) => shown(session, sample))) };
    },
  );

  app.post(
    `${at}/samples`,
    {
      schema: {
        summary: "Adds an input of one's own",
        tags: ["samples"],
        params: inSession,
        body: z.object({ topic: path.default([]), input: z.string() }),
      },
    },
    async ({ params, body }, reply) => {
      const sample = await use(
        params,
        async (session) => await shown(session, await addInput(session, body.topic, body.input)),
      );
      return reply.status(201).send(sample);
    },
  );

  app.patch(
    `${at}/samples/:sample`,
    {
      schema: {
        summary: "Puts another input or output in the place of one; output null: it is made anew",
        tags: ["samples"],
        params: inSample,
        body: z.object({ input: z.string().optional(), output: z.string().nullable().optional() }),
      },
    },
    async ({ params, body }) =>
      await use(params, async (session) => {
        if (body.input !== undefined) await editInput(session, params.sample, body.input);
        if (body.output === null) await removeOutput(session, params.sample);
        else if (body.output !== undefined) await editOutput(session, params.sample, body.output);
        const sample = session.samples.get(params.sample);
        if (sample === undefined) throw new RefusedError(404, `there is no sample ${params.sample}`);
        return await shown(session, sample);
      }),
  );

  app.delete(
    `${at}/samples/:sample`,
    { schema: { summary: "Takes a sample out", tags: ["samples"], params: inSample } },
    async ({ params }) =>
      await use(params, async (session) => {
        await removeSample(session, params.sample);
        return { removed: params.sample };
      }),
  );
}

const states: Readonly<Record<"all" | "open" | "unsaved" | "rejected" | "saved", (sample: Sample) => boolean>> = {
  all: () => true,
  open: ({ output }) => output === undefined,
  unsaved: ({ output, saved, rejected }) => output !== undefined && !saved && !rejected,
  rejected: ({ rejected, saved }) => rejected && !saved,
  saved: ({ saved }) => saved,
};

function wishOf(body: z.output<typeof settings>): SettingsWish {
  const { goal, template, fields, texts: own, guidance, tags, prompt, judge } = body;
  const some = <T extends object>(value: T | undefined): Partial<T> | undefined =>
    value === undefined
      ? undefined
      : (Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>);
  return {
    goal,
    template,
    fields,
    texts: some(own) as SettingsWish["texts"],
    guidance: some(guidance) as SettingsWish["guidance"],
    dataGuide: body.data_guide,
    tags,
    splits:
      body.splits === undefined ? undefined : Object.entries(body.splits).map(([tag, weight]) => `${tag}=${weight}`),
    failShare: body.fail_share,
    judge,
    prompt,
  };
}

/** It is closed before anybody learns of it: whoever does may use it at once. */
async function begin(task: TaskFolder, wish: SettingsWish) {
  // Names only: a path, or a name that is a file in this folder, would let callers read files.
  const names = (await listTemplates()).map(({ name }) => name);
  if (wish.template !== undefined && !names.includes(wish.template))
    throw new RefusedError(400, `there is no template "${wish.template}"`, { remedy: `there are ${names.join(", ")}` });
  await using session = await Session.begin(task, await newSettings(task, wish));
  return facts(session);
}

function facts(session: Session) {
  const samples = [...session.samples.values()];
  return {
    id: session.id,
    created_at: session.createdAt,
    settings: session.settings,
    finished: session.closed,
    counts: {
      topics: session.topics.size,
      samples: samples.length,
      outputs: samples.filter(({ output }) => output !== undefined).length,
      rejected: samples.filter(({ rejected, saved }) => rejected && !saved).length,
      saved: samples.filter(({ saved }) => saved).length,
    },
  };
}

interface Tree {
  name: string;
  topics: Tree[];
}

function tree(node: TopicNode): Tree[] {
  return node.children.map((child) => ({ name: child.name, topics: tree(child) }));
}

async function shown(session: Session, sample: Sample) {
  const { id, topic, input, label, rejected, tag, saved, origin } = sample;
  const output = await session.outputOf(sample);
  return {
    id,
    topic,
    input,
    label,
    origin,
    output: output?.text ?? null,
    thoughts: output?.chain_of_thought ?? output?.reasoning ?? null,
    verdict: output?.verdict ?? null,
    rejected,
    tag: tag ?? null,
    saved,
  };
}
