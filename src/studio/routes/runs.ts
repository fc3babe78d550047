/** The dataset of a task: runs listed, rated, repaired, changed, tagged, deleted. */
import { z } from "zod";
import {
  checkRun,
  currentUser,
  deleteRun,
  humanSource,
  newRun,
  parseFilter,
  readFeedback,
  readRun,
  type StoredRun,
  writeFeedback,
  writeRun,
} from "../../pipeline/projects/index.js";
import {
  acceptRepair,
  changeTagsOfAll,
  chosenRuns,
  deleteAll,
  editOutput,
  factsOf,
  orderKey,
  orders,
  parseRating,
  rateRequirement,
  rateRun,
  removeRepair,
  repairAll,
  requirementNamed,
  setTags,
  sortByKey,
} from "../../pipeline/review/index.js";
import { type App, inRun, inTask, type Studio, taskPath } from "../app.js";

const filters = z.union([z.string(), z.array(z.string())]).default([]);
const tags = z.array(z.string());
/** 1 to 5, or pass, fail, critical, none. */
const rating = z.union([z.number(), z.string()]).transform(String);

/** Which runs are meant: these, or those that match all filters; one of both must be given. */
const choice = z
  .object({ ids: z.array(z.string()).min(1).max(100_000).optional(), filters: z.array(z.string()).min(1).optional() })
  .refine(
    ({ ids, filters: some }) => ids !== undefined || some !== undefined,
    "give ids, or filters (all for every run)",
  );

export function runRoutes(app: App, { library, jobs, model, config }: Studio): void {
  const at = `${taskPath}/runs/:run`;
  const tag = { tags: ["runs"] };
  const taskOf = (params: { project: string; task: string }) => library.task(params.project, params.task);
  const choiceOf = ({ ids, filters: some = [] }: z.output<typeof choice>) => ({
    filters: some.map(parseFilter),
    ...(ids === undefined ? {} : { ids }),
  });

  app.get(
    `${taskPath}/runs`,
    {
      schema: {
        summary: "Runs of the dataset that match all filters, without their traces",
        ...tag,
        params: inTask,
        querystring: z.object({
          filter: filters,
          sort: z.enum(orders).default("folder"),
          descending: z.stringbool().default(false),
          offset: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(1000).default(100),
        }),
      },
    },
    async ({ params, query }) => {
      const task = await taskOf(params);
      const broken: { file: string; reason: string }[] = [];
      const wanted = (typeof query.filter === "string" ? [query.filter] : query.filter).map(parseFilter);
      const found: { key: string | number; run: StoredRun["run"] }[] = [];
      const onBroken = (file: string, reason: string) => broken.push({ file, reason });
      for await (const { run } of chosenRuns(task, { filters: wanted }, { onBroken }))
        found.push({ key: orderKey(query.sort, run), run });
      const sorted = sortByKey(found, query.descending);
      const page = sorted.slice(query.offset, query.offset + query.limit);
      return { total: found.length, runs: page.map(({ run }) => ({ ...run, facts: factsOf(run) })), broken };
    },
  );

  app.post(
    `${taskPath}/runs`,
    {
      schema: {
        summary: "Adds a sample that a person wrote",
        ...tag,
        params: inTask,
        body: z.object({ input: z.string(), output: z.string(), tags: tags.default([]) }),
      },
    },
    async ({ params, body }, reply) => {
      const task = await taskOf(params);
      const source = humanSource(currentUser());
      const run = newRun({ input: body.input, input_source: source, output: body.output, source, tags: body.tags });
      checkRun(task, run);
      await writeRun(task, run);
      return reply.status(201).send(run);
    },
  );

  app.get(at, { schema: { summary: "A run, whole", ...tag, params: inRun } }, async ({ params }) => {
    const stored = await readRun(await taskOf(params), params.run);
    return { ...stored.run, facts: factsOf(stored.run), feedback: await readFeedback(stored) };
  });

  app.patch(
    at,
    {
      schema: {
        summary: "Rates, tags, edits or repairs a run; what is not named stays as it is",
        ...tag,
        params: inRun,
        body: z.object({
          rating: rating.optional(),
          /** By the id or name of a requirement. */
          requirement_ratings: z.record(z.string(), rating).optional(),
          tags: tags.optional(),
          output: z.string().optional(),
          /** null takes a repair away. */
          repair: z.object({ instructions: z.string(), output: z.string() }).nullable().optional(),
        }),
      },
    },
    async ({ params, body }) => {
      const task = await taskOf(params);
      let stored = await readRun(task, params.run);
      // What is wrong is told before anything is changed.
      const overall = body.rating === undefined ? undefined : parseRating(body.rating);
      const each = Object.entries(body.requirement_ratings ?? {}).map(([name, text]) => {
        const requirement = requirementNamed(task.task, name);
        return { id: requirement.id, wish: parseRating(text, requirement.type) };
      });
      if (body.output !== undefined) stored = await editOutput(task, stored, body.output);
      if (body.tags !== undefined) stored = await setTags(stored, body.tags);
      if (overall !== undefined) stored = await rateRun(stored, overall);
      for (const { id, wish } of each) stored = await rateRequirement(task, stored, id, wish);
      if (body.repair === null) stored = await removeRepair(stored);
      else if (body.repair !== undefined) stored = await acceptRepair(task, stored, body.repair);
      return (await readRun(task, stored.run.id)).run;
    },
  );

  app.delete(at, { schema: { summary: "Deletes a run", ...tag, params: inRun } }, async ({ params }) => {
    const stored = await readRun(await taskOf(params), params.run);
    await deleteRun(stored);
    return { deleted: stored.run.id };
  });

  app.post(
    `${at}/feedback`,
    {
      schema: {
        summary: "Notes what a person says of a run",
        ...tag,
        params: inRun,
        body: z.object({ feedback: z.string() }),
      },
    },
    async ({ params, body }, reply) => {
      const stored = await readRun(await taskOf(params), params.run);
      return reply.status(201).send(await writeFeedback(stored, body.feedback));
    },
  );

  app.post(
    `${taskPath}/runs/tags`,
    {
      schema: {
        summary: "Adds and removes tags of many runs",
        ...tag,
        params: inTask,
        body: z.object({ runs: choice, add: tags.default([]), remove: tags.default([]) }),
      },
    },
    async ({ params, body }) =>
      await changeTagsOfAll(await taskOf(params), choiceOf(body.runs), { add: body.add, remove: body.remove }),
  );

  app.post(
    `${taskPath}/runs/delete`,
    { schema: { summary: "Deletes many runs", ...tag, params: inTask, body: z.object({ runs: choice }) } },
    async ({ params, body }) => await deleteAll(await taskOf(params), choiceOf(body.runs)),
  );

  app.post(
    `${taskPath}/runs/repair`,
    {
      schema: {
        summary: "Lets the model repair runs by one instruction, as a job",
        ...tag,
        params: inTask,
        body: z.object({
          runs: choice,
          instructions: z.string().min(1).max(20_000),
          again: z.boolean().default(false),
        }),
      },
    },
    async ({ params, body }, reply) => {
      const task = await taskOf(params);
      const { project, task: taskId } = params;
      const wanted = choiceOf(body.runs);
      const { instructions, again } = body;
      const job = jobs.add({ kind: "repair", project, task: taskId, session: "" }, ({ signal, observer }) =>
        model.use((backend) =>
          repairAll({ backend, config, task, choice: wanted, instructions, again, observer, signal }),
        ),
      );
      return reply.status(202).send(job);
    },
  );
}
