/** What routes have in common: the app with typed schemas, and what it works with. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Config } from "../config/schema.js";
import type { Jobs } from "./jobs.js";
import type { Library } from "./library.js";
import type { ModelHolder } from "./model.js";
import type { SessionPool } from "./session-pool.js";

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface Studio {
  config: Config;
  library: Library;
  sessions: SessionPool;
  jobs: Jobs;
  model: ModelHolder;
}

const id = z.string().regex(/^[\w-]{1,64}$/);

export const inProject = z.object({ project: id });
export const inTask = inProject.extend({ task: id });
export const inRun = inTask.extend({ run: id });
export const inSession = inTask.extend({ session: id });
export const inSample = inSession.extend({ sample: id });
export const ofJob = z.object({ job: id });

/** Where the routes of a task stand. */
export const taskPath = "/api/projects/:project/tasks/:task";
