/** The server: its routes, who may use them, and how they are described. */
import { readFileSync } from "node:fs";
import swagger from "@fastify/swagger";
import fastify from "fastify";
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { Backend } from "../backends/backend.js";
import type { Config } from "../config/schema.js";
import { messageOf } from "../errors.js";
import type { App, Studio } from "./app.js";
import { answerErrors } from "./errors.js";
import { guard, type GuardOptions } from "./guard.js";
import { Jobs } from "./jobs.js";
import { Library } from "./library.js";
import { ModelHolder } from "./model.js";
import { exportRoutes } from "./routes/export.js";
import { importRoutes } from "./routes/import.js";
import { jobRoutes } from "./routes/jobs.js";
import { projectRoutes } from "./routes/projects.js";
import { runRoutes } from "./routes/runs.js";
import { sessionRoutes } from "./routes/sessions.js";
import { SessionPool } from "./session-pool.js";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Most bytes of a request's body. */
export const mostBodyBytes = 4 * 1024 * 1024;

export interface ServerOptions extends GuardOptions {
  config: Config;
  /** Projects, or folders that hold some. */
  folders: readonly string[];
  /** Told of what people should know: faults, restarts of the model. */
  onNotice: (text: string) => void;
  /** Opens the model; the one that the configuration names where absent. */
  openModel?: (config: Config) => Promise<Backend>;
}

export interface StudioServer extends AsyncDisposable {
  app: App;
  /** @returns the address it listens at */
  listen(host: string, port: number): Promise<string>;
}

export async function createServer(options: ServerOptions): Promise<StudioServer> {
  const { config, folders, onNotice } = options;
  const app: App = fastify({
    bodyLimit: mostBodyBytes,
    // Whoever sends a request byte by byte does not hold a place for ever.
    requestTimeout: 60_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app, (error) => onNotice(`error: ${messageOf(error)}`));
  guard(app, options);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "quern",
        version: manifest.version,
        description: "From a task's description to training and evaluation data, on this machine.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  const model = new ModelHolder(config, onNotice, options.openModel);
  const studio: Studio = {
    config,
    library: new Library(folders),
    sessions: new SessionPool(),
    jobs: new Jobs(() => model.close()),
    model,
  };
  app.get("/api/health", { schema: { summary: "Whether the server is there", security: [] } }, () => ({
    quern: manifest.version,
  }));
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  for (const routes of [projectRoutes, runRoutes, sessionRoutes, jobRoutes, exportRoutes, importRoutes])
    routes(app, studio);
  await app.ready();
  return {
    app,
    listen: (host, port) => app.listen({ host, port }),
    async [Symbol.asyncDispose]() {
      await studio.jobs.close();
      await app.close();
      await model[Symbol.asyncDispose]();
    },
  };
}
