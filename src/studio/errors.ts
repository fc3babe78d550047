/** Errors as the server answers them: what is wrong, and what to do about it. */
import type { FastifyError, FastifyInstance } from "fastify";
import { BackendError } from "../backends/backend.js";
import {
  ConfigError,
  InputError,
  messageOf,
  OutputError,
  QuernError,
  type QuernErrorOptions,
  UsageError,
} from "../errors.js";

/** A request that is refused with a status of HTTP. */
export class RefusedError extends QuernError {
  constructor(
    readonly status: number,
    message: string,
    options: QuernErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** What a caller gets for an error. */
export interface Problem {
  error: string;
  /** What to do about it. */
  remedy?: string;
}

function statusOf(error: unknown): number {
  if (error instanceof RefusedError) return error.status;
  if (error instanceof UsageError || error instanceof ConfigError) return 400;
  if (error instanceof InputError) return /^there is no |not found/.test(error.message) ? 404 : 422;
  if (error instanceof OutputError) return /another run/.test(error.message) ? 409 : 507;
  if (error instanceof BackendError) return 503;
  const { statusCode } = error as Partial<FastifyError>;
  return typeof statusCode === "number" && statusCode >= 400 ? statusCode : 500;
}

/** @param onFault told of errors that are faults of quern, which callers learn nothing of */
export function answerErrors(app: FastifyInstance, onFault: (error: unknown) => void): void {
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status === 500) onFault(error);
    const remedy = error instanceof QuernError ? error.remedy : undefined;
    const problem: Problem = {
      error: status === 500 ? "something went wrong in quern; its log says what" : messageOf(error),
      ...(remedy === undefined ? {} : { remedy }),
    };
    void reply.status(status).send(problem);
  });
  app.setNotFoundHandler((request, reply) => {
    void reply.status(404).send({ error: `there is nothing at ${request.method} ${request.url.split("?")[0] ?? ""}` });
  });
}
