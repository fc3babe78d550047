/** Requests to a hub: redirects, tokens, retries, and what its errors mean. */
import { setTimeout as wait } from "node:timers/promises";
import { InputError, messageOf, QuernError } from "../../errors.js";
import type { HubAccess } from "./access.js";

/** How patient a request is. */
export interface Patience {
  /** Times a request is tried again after an error that may pass. */
  retries: number;
  /** Wait before the first of them, in milliseconds; it doubles each time. */
  backoffMs: number;
  /** Longest time without a byte, in milliseconds. */
  stallMs: number;
}

export const defaultPatience: Patience = { retries: 5, backoffMs: 1000, stallMs: 60_000 };

const longestWaitMs = 5 * 60_000;

/** An error that may pass when the request is made again. */
export class PassingError extends InputError {
  /** How long the server asks to wait, in milliseconds. */
  waitMs?: number;
}

/**
 * Does `work`, again after errors that may pass, each time a little later.
 * @param onRetry is told why and how many milliseconds from now
 */
export async function retrying<T>(
  patience: Patience,
  signal: AbortSignal,
  work: () => Promise<T>,
  onRetry: (reason: string, waitMs: number) => void = () => undefined,
  madeProgress: () => boolean = () => false,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      // A connection that breaks now and then is no reason to give up, as long as something comes in between.
      if (madeProgress()) attempt = 0;
      if (!(error instanceof PassingError) || attempt >= patience.retries) throw error;
      const waitMs = Math.min(longestWaitMs, error.waitMs ?? patience.backoffMs * 2 ** attempt);
      onRetry(error.message, waitMs);
      await wait(waitMs, undefined, { signal });
    }
  }
}

/** What is asked for. */
export interface Asked {
  /** For messages: `the file config.json`. */
  what: string;
  /** `owner/name`. */
  repo: string;
}

const mostRedirects = 5;

/**
 * A GET request. Redirects are followed; the token goes to the endpoint's own host only.
 * @throws {PassingError} on network errors, 429 and 5xx
 * @throws {InputError} on what will not pass
 */
export async function get(
  access: HubAccess,
  address: string,
  asked: Asked,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { what } = asked;
  const home = new URL(access.endpoint).origin;
  let url = new URL(address);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const secret = url.origin === home && access.token !== undefined ? { authorization: `Bearer ${access.token}` } : {};
    let response: Response;
    try {
      response = await fetch(url, {
        redirect: "manual",
        signal,
        headers: { "user-agent": "quern", "accept-encoding": "identity", ...headers, ...secret },
      });
    } catch (error) {
      throw unreachable(url, error);
    }
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      const next = new URL(location, url);
      if (!/^https?:$/.test(next.protocol) || (url.protocol === "https:" && next.protocol === "http:"))
        throw new InputError(
          `${url.host} sends ${what} to an address that is not safe (${next.protocol}//${next.host})`,
          {
            remedy: "check HF_ENDPOINT",
          },
        );
      url = next;
      continue;
    }
    if (response.ok || response.status === 416) return response;
    const text = await response.text().catch(() => "");
    throw refused(access, response, text, asked, url);
  }
  throw new InputError(`${url.host} redirects ${what} in circles`, { remedy: "check HF_ENDPOINT" });
}

function unreachable(url: URL, error: unknown): PassingError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why = code ?? messageOf(cause);
  return new PassingError(`cannot reach ${url.host} (${why})`, {
    remedy:
      "check the network and HF_ENDPOINT; on a machine without one, bring the model in a bundle with `quern models import`",
    cause: error,
  });
}

function refused(access: HubAccess, response: Response, body: string, { what, repo }: Asked, url: URL): QuernError {
  const { status } = response;
  const code = response.headers.get("x-error-code") ?? "";
  const reason = oneLine(response.headers.get("x-error-message") ?? errorIn(body) ?? response.statusText);
  const said = reason === "" ? "" : `: ${reason}`;
  if (status === 429 || status >= 500 || status === 408) {
    const error = new PassingError(`${url.host} answers ${status} for ${what}${said}`, {
      remedy: "run the same command again later to go on",
    });
    const waitMs = retryAfter(response);
    if (waitMs !== undefined) error.waitMs = waitMs;
    return error;
  }
  if (code === "GatedRepo" || status === 403 || (status === 401 && /gated|restricted/i.test(reason)))
    return new InputError(`${url.host} does not give ${what} to everybody (${status}${said})`, {
      remedy: gatedRemedy(access, repo),
    });
  if (status === 401 && access.token !== undefined)
    return new InputError(`${url.host} does not know the token, or ${what} is not there (401${said})`, {
      remedy: "check the name and the token in HF_TOKEN",
    });
  if (status === 401)
    return new InputError(`${url.host} has ${what} not at all, or not for everybody (401${said})`, {
      remedy: "check the name; if it is right, set HF_TOKEN to a token that may read it",
    });
  if (status === 404)
    return new InputError(`${url.host} has no such thing: ${what} (404${said})`, {
      remedy: "check owner, name and revision",
    });
  return new InputError(`${url.host} answers ${status} for ${what}${said}`, { remedy: "check HF_ENDPOINT" });
}

/** What to do for a model whose licence must be accepted first. */
function gatedRemedy({ token, endpoint }: HubAccess, repo: string): string {
  const accept = `accept the licence on ${endpoint}/${repo}`;
  return token === undefined
    ? `${accept}, then set HF_TOKEN to a token of that account`
    : `${accept} with the account whose token is in HF_TOKEN`;
}

function errorIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 200);
}

/** Milliseconds that the header asks to wait, given as seconds or as a date. */
function retryAfter(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
}
