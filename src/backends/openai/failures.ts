/** Tells from what went wrong with one request what to do about it. */
import {
  AbortedError,
  type BackendError,
  BackendLostError,
  ContextOverflowError,
  RequestRefusedError,
} from "../backend.js";
import { messageOf } from "../../errors.js";
import { presentable } from "./address.js";
import { CutReply, ErrorInReply, StrangeReply } from "./reply.js";
import { SilenceError, StatusError } from "./wire.js";

export type Failure =
  /** The server is gone, or may be: look after it, and send again. `hasBegun`: it may have died of this request. */
  | { kind: "lost"; reason: string; hasBegun: boolean; status?: number }
  /** The server has no room: wait, and send again. */
  | { kind: "full"; reason: string; retryAfterMs: number | undefined }
  /** This request failed, for once: send it again, a few times. */
  | { kind: "again"; reason: string }
  /** The server does not take a parameter: send again without. */
  | { kind: "unsupported"; parameter: Parameter; reason: string }
  | { kind: "final"; error: BackendError };

/** Parameters that can be left out, or said in another way. */
export const parameters = [
  "stream_options",
  "max_tokens",
  "chat_template_kwargs",
  "temperature",
  "top_p",
  "seed",
] as const;
export type Parameter = (typeof parameters)[number];

export interface FailureContext {
  secrets: readonly string[];
  /** How the server is called in messages. */
  server: string;
  /** The names of models it has. */
  models: readonly string[];
  maxTokens: number;
  contextTokens: number;
  now: number;
}

/** An endpoint went down while a request was with it. */
export class EndpointDown extends Error {}

/**
 * @param error what sending or reading threw
 */
export function failureOf(error: unknown, context: FailureContext): Failure {
  const cause = underlying(error);
  if (cause instanceof StatusError) return failureOfStatus(cause.status, cause.body, cause.headers, context);
  if (cause instanceof ErrorInReply) return failureOfStatus(cause.status ?? 500, cause.body, undefined, context);
  if (cause instanceof CutReply) return { kind: "lost", reason: cause.message, hasBegun: true };
  if (cause instanceof EndpointDown) return { kind: "lost", reason: cause.message, hasBegun: true };
  if (cause instanceof SilenceError) return { kind: "again", reason: cause.message };
  if (cause instanceof StrangeReply) {
    const body = presentable(cause.body, context.secrets);
    return { kind: "again", reason: `${cause.message}${body === "" ? "" : `: ${body}`}` };
  }
  if (cause instanceof Error && cause.name === "AbortError") return { kind: "final", error: new AbortedError() };
  const code = (cause as NodeJS.ErrnoException).code;
  const isBroken = code !== undefined && broken.has(code);
  const reason = isBroken ? "the connection broke" : presentable(messageOf(cause), context.secrets) || String(code);
  if (code !== undefined && certificateErrors.test(code))
    return { kind: "final", error: new BackendLostError(`${context.server}: ${reason}`, certificateRemedy) };
  // Codes of the system; those of Node itself mean that something else is wrong.
  if (isBroken || (code !== undefined && /^E(?!RR_)/.test(code))) return { kind: "lost", reason, hasBegun: isBroken };
  return { kind: "again", reason };
}

const certificateErrors = /CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/;
const certificateRemedy = {
  remedy: "check the address; a certificate of your own is trusted when NODE_EXTRA_CA_CERTS names its file",
};
const broken = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);

/** The library wraps what the wire throws. */
export function underlying(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && !(cause instanceof StatusError) && cause.cause instanceof Error) cause = cause.cause;
  // Several addresses were tried; each has its reason, the first will do.
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors[0];
  return cause;
}

/** @param body as the server sent it: JSON of some shape, or anything */
function failureOfStatus(status: number, body: string, headers: Headers | undefined, context: FailureContext): Failure {
  const said = messageIn(body);
  const shown = presentable(said, context.secrets);
  const reason = `the server answers ${status}${shown === "" ? "" : `: ${shown}`}`;
  const final = (error: BackendError): Failure => ({ kind: "final", error });
  const lost = (remedy: string) => final(new BackendLostError(`${context.server}: ${reason}`, { remedy }));
  const retryAfterMs = retryAfter(headers, context.now);

  if (status >= 300 && status < 400) {
    const to = presentable(headers?.get("location") ?? "elsewhere", context.secrets);
    return final(
      new BackendLostError(`${context.server} redirects to ${to}, which is not followed`, {
        remedy: "set api_base to the address where the server is",
      }),
    );
  }
  if (status === 401) return lost("check the key");
  if (status === 402) return lost("check the account's plan");
  if (status === 403) {
    // Providers refuse single texts this way; that is no reason to end the run.
    if (/moderation|flagged|content.?(policy|filter)/i.test(said)) return final(new RequestRefusedError(reason));
    return lost("check the key");
  }
  if (status === 404 || status === 405)
    return lost(`check the model's name and the address; it has ${context.models.join(", ") || "no models"}`);
  if (status === 429) {
    if (/insufficient_quota|billing/i.test(body)) return lost("check the account's plan");
    return { kind: "full", reason, retryAfterMs };
  }
  if (status === 503) {
    if (retryAfterMs !== undefined) return { kind: "full", reason, retryAfterMs };
    return { kind: "lost", reason, hasBegun: false, status };
  }
  if (status >= 500 && /EngineCore|EngineDead|engine.{0,20}(?:dead|died)/i.test(said))
    return { kind: "lost", reason, hasBegun: true };
  // Some servers tell a prompt that is too long as an error of their own.
  if (status !== 408 && (status < 500 || /exceed_context_size/.test(body)) && isOverflow(said, body)) {
    const [prompt, room] = overflowNumbers(said, body);
    return final(new ContextOverflowError(prompt, context.maxTokens, room ?? context.contextTokens));
  }
  if (status === 408 || status === 409 || status === 425 || status >= 500) return { kind: "again", reason };
  const parameter = unsupported(said, body);
  if (parameter !== undefined) return { kind: "unsupported", parameter, reason };
  return final(new RequestRefusedError(reason));
}

/** The words for people in an error's body. */
export function messageIn(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  for (;;) {
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null) return body;
    const { error, message, detail } = value as Record<string, unknown>;
    const inner = error ?? message ?? detail;
    if (inner === undefined || inner === null) return JSON.stringify(value);
    value = inner;
  }
}

/** How long to wait, as `Retry-After` says: seconds or a date. */
function retryAfter(headers: Headers | undefined, now: number): number | undefined {
  const ms = headers?.get("retry-after-ms");
  if (ms !== null && ms !== undefined && Number(ms) >= 0) return Number(ms);
  const value = headers?.get("retry-after");
  if (value === null || value === undefined || value.trim() === "") return undefined;
  if (Number(value) >= 0) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function isOverflow(said: string, body: string): boolean {
  return (
    /exceed_context_size|context_length_exceeded/.test(body) ||
    /maximum context length|context (?:size|length|window)|prompt is too long|too many tokens|longer than the (?:maximum )?(?:model|context)|inputs?`? (?:tokens|length).{0,80}(?:must be|exceed|longer)/i.test(
      said,
    )
  );
}

/** Tokens of the prompt and of the context, as far as the server names them. */
function overflowNumbers(said: string, body: string): [prompt: number, context: number | undefined] {
  const number = (text: string, pattern: RegExp) => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found.replaceAll(",", ""));
  };
  const prompt =
    number(body, /"n_prompt_tokens":\s*(\d+)/) ??
    number(
      said,
      /(?:at least|contains|request has|\()\s*([\d,]+)\s*(?:input tokens|tokens in the|in the messages|tokens\))/i,
    ) ??
    number(said, /(?:request \(|given: )([\d,]+) (?:tokens\)|`inputs` tokens)/i) ??
    0;
  const context =
    number(body, /"n_ctx":\s*(\d+)/) ?? number(said, /(?:context length (?:is|of)|must be <=)\s*([\d,]+)/i);
  return [prompt, context];
}

const says =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|only the default/i;

/** The parameter that the server does not take, if that is what it says. */
function unsupported(said: string, body: string): Parameter | undefined {
  if (/max_completion_tokens/.test(said)) return "max_tokens";
  const named = namedIn(body);
  // A body may quote the whole request, so outside of fields made for it only the beginning counts.
  const words = said.slice(0, 300);
  if (!says.test(words) && !says.test(body.slice(0, 1000))) return undefined;
  return parameters
    .filter((parameter) => parameter !== "max_tokens")
    .find((parameter) => (named === undefined ? new RegExp(`\\b${parameter}\\b`).test(words) : named === parameter));
}

/** OpenAI's `param`, or the place that FastAPI tells. */
function namedIn(body: string): string | undefined {
  try {
    const value = JSON.parse(body) as { error?: { param?: unknown }; detail?: { loc?: unknown[] }[] } | null;
    const param = value?.error?.param;
    if (typeof param === "string") return param;
    const place = Array.isArray(value?.detail) ? value.detail[0]?.loc : undefined;
    return Array.isArray(place) ? String(place[1] ?? place[0]) : undefined;
  } catch {
    return undefined;
  }
}
