/** Getting what is at an address, within limits: redirects, patience, and what a server's refusals mean. */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { AbortedError } from "../../../backends/backend.js";
import { InputError, QuernError } from "../../../errors.js";
import { type Network, systemNetwork } from "./url-addresses.js";
import { failureAt, OverTime, PassingError, refusal, shown, withoutFragment, withoutPassword } from "./url-errors.js";
import { send, unpacked } from "./url-request.js";

/** Limits of what is fetched; times in milliseconds. */
export interface WebLimits {
  /** For all of one address: redirects, retries and the transfer. */
  totalMs: number;
  /** Without a byte. */
  idleMs: number;
  /** Bytes, unpacked. */
  maxBytes: number;
  /** Times a request is made again after what may pass. */
  retries: number;
  /** The first wait before that; doubled each time. */
  backoffMs: number;
  /** The longest wait that a server may ask for. */
  longestWaitMs: number;
}

export const defaultWebLimits: WebLimits = {
  totalMs: 600_000,
  idleMs: 30_000,
  maxBytes: 512 * 2 ** 20,
  retries: 3,
  backoffMs: 1_000,
  longestWaitMs: 60_000,
};

const mostRedirects = 10;

/** What is at an address. */
export interface Found {
  /** Where it was in the end, without a password. */
  url: URL;
  message: IncomingMessage;
  /** Its content, unpacked; ends with an error where there is too much of it. */
  body: AsyncIterable<Buffer>;
}

export interface WebOptions {
  limits?: Partial<WebLimits>;
  signal?: AbortSignal | undefined;
  network?: Network;
}

const version = (
  JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** How quern presents itself to servers; some refuse those who do not. */
export const userAgent = `quern/${version} (reads single pages that a person has named)`;

const headers = {
  "user-agent": userAgent,
  accept: "text/html, application/xhtml+xml, application/pdf, text/*;q=0.9, */*;q=0.8",
  "accept-encoding": "gzip, deflate, br",
};

/** Fetches addresses within the limits of one of them. */
export class Web implements Disposable {
  readonly limits: WebLimits;
  private readonly ending = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly network: Network;
  private readonly onAbort = () => this.ending.abort();

  constructor(private readonly options: WebOptions = {}) {
    this.limits = { ...defaultWebLimits, ...options.limits };
    this.network = options.network ?? systemNetwork;
    this.timer = setTimeout(() => this.ending.abort(new OverTime()), this.limits.totalMs);
    options.signal?.addEventListener("abort", this.onAbort);
    if (options.signal?.aborted === true) this.onAbort();
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /**
   * Does `use` with what is at the address; again after failures that may pass.
   *
   * @param use reads the body
   * @throws {InputError} naming the address and the cause
   * @throws {AbortedError}
   */
  async get<T>(address: URL, use: (found: Found) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await use(await this.follow(address));
      } catch (cause) {
        const error = this.explained(cause, address);
        if (!(error instanceof PassingError) || attempt >= this.limits.retries) throw error;
        const waitMs = error.waitMs ?? this.limits.backoffMs * 2 ** attempt;
        if (waitMs > this.limits.longestWaitMs) throw error;
        await wait(waitMs, undefined, { signal: this.signal }).catch((reason: unknown) => {
          throw this.explained(reason, address);
        });
      }
    }
  }

  /**
   * The platform's `fetch` within the same limits, for libraries that take one; a body is read whole, and redirects are
   * given back as they are.
   *
   * @param rewrite where a request really goes
   * @throws {InputError} {AbortedError}
   */
  async fetch(
    input: string | URL | Request,
    init: RequestInit = {},
    rewrite: (url: URL) => URL = (url) => url,
  ): Promise<Response> {
    const asked = new Request(input, init.body == null ? init : { ...init, duplex: "half" });
    const url = rewrite(new URL(asked.url));
    try {
      const { message } = await send({
        url,
        method: asked.method,
        headers: { ...Object.fromEntries(asked.headers), "accept-encoding": "gzip, deflate, br" },
        ...(asked.body === null ? {} : { body: new Uint8Array(await asked.arrayBuffer()) }),
        signal: this.signal,
        idleMs: this.limits.idleMs,
        mayBePrivate: true,
        network: this.network,
      });
      const status = message.statusCode ?? 0;
      const pieces: Buffer[] = [];
      for await (const piece of this.limited(unpacked(message, url), url)) pieces.push(piece);
      const { "content-type": type = "" } = message.headers;
      const isEmpty = status === 204 || status === 304;
      return new Response(isEmpty ? null : Buffer.concat(pieces), { status, headers: { "content-type": type } });
    } catch (cause) {
      throw this.explained(cause, url);
    }
  }

  private async follow(address: URL): Promise<Found> {
    let url = withoutFragment(address);
    let mayBePrivate = true;
    const seen = new Set<string>();
    for (let hops = 0; hops <= mostRedirects; hops++) {
      checkScheme(url, address);
      if (seen.has(url.href))
        throw new InputError(`${shown(address)}: its server redirects in circles`, {
          remedy: "It may want cookies: save the page with a browser and ingest the file.",
        });
      seen.add(url.href);
      const { message, wasPrivate } = await send({
        url: withoutPassword(url),
        headers: { ...headers, ...credentials(url) },
        signal: this.signal,
        idleMs: this.limits.idleMs,
        mayBePrivate,
        network: this.network,
      });
      const { statusCode: status = 0 } = message;
      const location = message.headers.location;
      if (status >= 300 && status < 400 && location !== undefined) {
        message.destroy();
        url = redirected(url, location, address);
        // What is public must not lead into a private network, by however many steps.
        mayBePrivate &&= wasPrivate;
        continue;
      }
      if (status !== 200 && status !== 203) {
        message.destroy();
        throw refusal(message, address, url, this.limits.longestWaitMs);
      }
      return { url: withoutPassword(url), message, body: this.limited(unpacked(message, url), address) };
    }
    throw new InputError(`${shown(address)}: its server redirects more than ${mostRedirects} times`, {
      remedy: "Open it in a browser, and name the address where that ends.",
    });
  }

  private async *limited(body: Readable, address: URL): AsyncGenerator<Buffer, void, undefined> {
    const { maxBytes } = this.limits;
    let size = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes)
        throw new InputError(
          `${shown(address)}: it has more than ${megabytes(maxBytes)} MB, which is the most that is fetched`,
          { remedy: "Raise ingest.max_download in the configuration if you want all of it." },
        );
      yield piece;
    }
  }

  /** An error in words, with the address and what to do. */
  private explained(error: unknown, address: URL): unknown {
    if (this.options.signal?.aborted === true) return new AbortedError();
    const { reason } = this.signal as { reason: unknown };
    if (reason instanceof OverTime)
      return new InputError(
        `${shown(address)}: it took longer than ${Math.round(this.limits.totalMs / 1000)} seconds`,
        {
          remedy: "Raise ingest.download_timeout in the configuration, or fetch it yourself.",
        },
      );
    return error instanceof QuernError && !(error instanceof InputError) ? error : failureAt(address, error);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener("abort", this.onAbort);
    this.ending.abort();
  }
}

function redirected(from: URL, location: string, address: URL): URL {
  let next: URL;
  try {
    next = withoutFragment(new URL(location, from));
  } catch (cause) {
    throw new InputError(`${shown(address)}: its server redirects to what is no address`, {
      cause,
      remedy: "Open it in a browser, and name the address where that ends.",
    });
  }
  checkScheme(next, address);
  if (from.protocol === "https:" && next.protocol === "http:")
    throw new InputError(`${shown(address)}: its server redirects to ${shown(next)}, which is not encrypted`, {
      remedy: "If you trust the way there, name that address itself.",
    });
  if (next.origin === from.origin && next.username === "") {
    next.username = from.username;
    next.password = from.password;
  }
  return next;
}

function checkScheme(url: URL, address: URL): void {
  if (url.protocol === "http:" || url.protocol === "https:") return;
  const how =
    url.href === address.href
      ? `addresses that begin with ${url.protocol} are not fetched`
      : `its server redirects to ${url.protocol}, which is not fetched`;
  throw new InputError(`${shown(address)}: ${how}`, { remedy: "Name an address of http: or https:, or a file." });
}

function credentials({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
