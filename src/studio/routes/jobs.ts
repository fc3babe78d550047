/** Generation as jobs: begun, watched, cancelled. */
import { PassThrough } from "node:stream";
import { z } from "zod";
import { emptyResult } from "../../pipeline/stages/stage.js";
import {
  generate,
  generateInputs,
  generateOutputs,
  generateTopics,
  saveSamples,
} from "../../pipeline/synthesis/generate.js";
import type { Session } from "../../pipeline/synthesis/session.js";
import { sessionIds } from "../../pipeline/synthesis/session.js";
import { type App, inSession, ofJob, type Studio, taskPath } from "../app.js";
import { RefusedError } from "../errors.js";
import type { JobContext } from "../jobs.js";

const path = z.array(z.string()).max(16).default([]);
const count = z.number().int().min(1);
const topics = z.object({
  counts: z.array(count.max(1000)).min(1).optional(),
  depth: z.number().int().min(0).max(12).optional(),
});

const wanted = z.discriminatedUnion("kind", [
  topics.extend({ kind: z.literal("topics"), under: path }),
  z.object({
    kind: z.literal("inputs"),
    count: count.max(100_000).optional(),
    under: path,
    only: z.boolean().default(false),
  }),
  z.object({ kind: z.literal("outputs"), each: count.max(100).default(1), under: path }),
  z.object({ kind: z.literal("save"), keep_rejected: z.boolean().default(false), under: path }),
  topics.extend({
    kind: z.literal("generate"),
    count: count.max(100_000).optional(),
    each: count.max(100).default(1),
    keep_rejected: z.boolean().default(false),
  }),
]);

type Wanted = z.output<typeof wanted>;

/** How often a stream says that it is alive, so that nothing between takes it for dead. */
const heartbeatMs = 15_000;

export function jobRoutes(app: App, studio: Studio): void {
  const { library, sessions, jobs, model } = studio;

  app.post(
    `${taskPath}/sessions/:session/jobs`,
    {
      schema: {
        summary: "Begins work on a session: topics, inputs, outputs, save, or generate for all of them in a stream",
        tags: ["jobs"],
        params: inSession,
        body: wanted,
      },
    },
    async ({ params, body }, reply) => {
      const task = await library.task(params.project, params.task);
      if (!(await sessionIds(task)).includes(params.session))
        throw new RefusedError(404, `there is no session ${params.session}`);
      const { project, task: taskId, session: id } = params;
      const job = jobs.add({ kind: body.kind, project, task: taskId, session: id }, (context) =>
        sessions.use(task, id, (session) => work(studio, session, body, context)),
      );
      return reply.status(202).send(job);
    },
  );

  app.get("/api/jobs", { schema: { summary: "The jobs since the server was started", tags: ["jobs"] } }, () => ({
    jobs: jobs.list(),
  }));

  app.get("/api/jobs/:job", { schema: { summary: "A job", tags: ["jobs"], params: ofJob } }, ({ params }) =>
    jobs.get(params.job),
  );

  app.post(
    "/api/jobs/:job/cancel",
    { schema: { summary: "Cancels a job; what it has made is kept", tags: ["jobs"], params: ofJob } },
    ({ params }) => jobs.cancel(params.job),
  );

  app.get(
    "/api/jobs/:job/events",
    {
      schema: {
        summary: "How a job gets on, as server-sent events: progress, message, end",
        tags: ["jobs"],
        params: ofJob,
      },
    },
    ({ params }, reply) => {
      const stream = new PassThrough();
      const stop = jobs.watch(params.job, ({ type, ...data }) => {
        stream.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
        if (type === "end") stream.end();
      });
      const beat = setInterval(() => stream.write(": alive\n\n"), heartbeatMs);
      // The job goes on when whoever watched it is gone.
      stream.on("close", () => {
        clearInterval(beat);
        stop();
      });
      return reply.type("text/event-stream").header("x-accel-buffering", "no").send(stream);
    },
  );

  async function work(
    { config }: Studio,
    session: Session,
    body: Wanted,
    { signal, observer }: JobContext,
  ): Promise<ReturnType<typeof emptyResult>> {
    if (session.closed && body.kind !== "save") await session.write({ closed: false });
    const { synthesis, generation } = config;
    if (body.kind === "save")
      return await saveSamples(
        { session, observer, signal, seed: generation.seed },
        { rejected: body.keep_rejected },
        emptyResult(),
        session.under(session.topics.get(body.under)),
      );
    return await model.use(async (backend) => {
      const options = { backend, config, session, observer, signal };
      const inputs = { count: ("count" in body ? body.count : undefined) ?? synthesis.inputs };
      switch (body.kind) {
        case "topics":
          return await generateTopics(options, { ...topicWish(body), under: body.under });
        case "inputs":
          return await generateInputs(options, inputs, body.under, body.only);
        case "outputs":
          return await generateOutputs(options, { each: body.each }, session.under(session.topics.get(body.under)));
        case "generate": {
          const wish = topicWish(body);
          return await generate(options, {
            topics: wish.depth === 0 ? undefined : { ...wish, under: [] },
            inputs,
            outputs: { each: body.each },
            save: { rejected: body.keep_rejected },
          });
        }
      }
    });
  }

  function topicWish({ counts, depth }: z.output<typeof topics>): { counts: readonly number[]; depth: number } {
    const { synthesis } = studio.config;
    return {
      counts: counts ?? [synthesis.topics],
      depth: depth ?? (counts === undefined ? synthesis.depth : counts.length),
    };
  }
}
