/** Getting what is at an address, within limits: redirects, patience, and what a server's refusals mean. */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { AbortedError } from "../../../backends/backend.js";
import { InputError, messageOf, QuernError } from "../../../errors.js";
import { type Network, systemNetwork } from "./url-addresses.js";
import { IdleError, send, unpacked } from "./url-request.js";

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

/** What failed may work when it is tried again. */
export class PassingError extends InputError {
  /** How long the server asks to wait, in milliseconds. */
  waitMs?: number;
}

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
    const asked = new Request(input, init.body == null ? init : ({ ...init, duplex: "half" } as RequestInit));
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
    if (error instanceof QuernError)
      return error.message.startsWith("http")
        ? error
        : new InputError(`${shown(address)}: ${error.message}`, {
            cause: error,
            ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
          });
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
    const known = connectionErrors[code];
    const tls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
    if (known !== undefined && !known.mayPass)
      return new InputError(`${shown(address)}: ${known.text}`, { cause: error, remedy: known.remedy });
    if (tls)
      return new InputError(`${shown(address)}: its certificate cannot be trusted (${messageOf(error)})`, {
        cause: error,
        remedy: "Check the address; for an authority of your own set NODE_EXTRA_CA_CERTS.",
      });
    if (
      /^Z_|^ERR__?ZLIB|^ERR_BROTLI|^ERR_PADDING/.test(code) ||
      /incorrect header check|unexpected end of file/.test(messageOf(error))
    )
      return new PassingError(`${shown(address)}: what its server sends packed is damaged (${messageOf(error)})`, {
        cause: error,
        remedy: "Try again later, or save it with a browser.",
      });
    const text =
      error instanceof IdleError ? error.message : (known?.text ?? `the connection failed (${messageOf(error)})`);
    return new PassingError(`${shown(address)}: ${text}`, {
      cause: error,
      remedy: known?.remedy ?? "Check the address and the network, and run the same command again.",
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener("abort", this.onAbort);
    this.ending.abort();
  }
}

class OverTime extends Error {}

const connectionErrors: Readonly<Record<string, { text: string; remedy: string; mayPass?: true }>> = {
  ENOTFOUND: { text: "there is no host of this name", remedy: "Check the address and the network." },
  EAI_AGAIN: { text: "names of hosts cannot be looked up", remedy: "Check whether this machine has a network." },
  ECONNREFUSED: { text: "its server does not take the connection", remedy: "Check the address and its port." },
  ENETUNREACH: { text: "there is no way to its network", remedy: "Check whether this machine has a network." },
  EHOSTUNREACH: { text: "there is no way to its host", remedy: "Check whether this machine has a network." },
  HPE_HEADER_OVERFLOW: { text: "its server's answer begins with too much", remedy: "Save it with a browser." },
  ECONNRESET: { text: "its server closed the connection", remedy: "Run the same command again later.", mayPass: true },
  ETIMEDOUT: { text: "its server does not answer", remedy: "Run the same command again later.", mayPass: true },
};

function refusal(message: IncomingMessage, address: URL, url: URL, longestWaitMs: number): InputError {
  const { statusCode: status = 0, statusMessage = "" } = message;
  const where = url.href === address.href ? shown(address) : `${shown(address)} (at ${shown(url)})`;
  const said = `${status}${statusMessage === "" ? "" : ` ${statusMessage}`}`;
  if ([408, 425, 429, 500, 502, 503, 504].includes(status)) {
    const asked = retryAfter(message.headers["retry-after"]);
    const tooLong = asked !== undefined && asked > longestWaitMs;
    const error = new PassingError(
      `${where}: its server is ${status === 429 ? "asked too often" : "not able to answer"} (${said})${tooLong ? `, and asks to wait ${Math.round(asked / 1000)} seconds` : ""}`,
      { remedy: "Run the same command again later." },
    );
    if (asked !== undefined) error.waitMs = asked;
    return error;
  }
  const [text, remedy] = reasons[status] ?? [
    "its server does not give it",
    "Open it in a browser to see what is there.",
  ];
  return new InputError(`${where}: ${text} (${said})`, { remedy });
}

const reasons: Readonly<Record<number, readonly [text: string, remedy: string]>> = {
  204: ["there is nothing in it", "Leave it out."],
  401: ["it is for those who log in", "Save it with a browser and ingest the file."],
  403: ["its server refuses to give it", "Save it with a browser and ingest the file."],
  404: ["there is no such page", "Check the address."],
  407: ["a proxy wants to know who asks", "Ask whoever runs the network."],
  410: ["the page is gone for good", "Leave it out."],
  451: ["it may not be given for legal reasons", "Leave it out."],
};

/** Milliseconds that the header asks to wait, given as seconds or as a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
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

function withoutFragment(url: URL): URL {
  const result = new URL(url);
  result.hash = "";
  return result;
}

/** An address that may be written down. */
export function withoutPassword(url: URL): URL {
  const result = new URL(url);
  result.username = "";
  result.password = "";
  return result;
}

/** An address as messages have it. */
export function shown(url: URL): string {
  return withoutPassword(url).href;
}

function credentials({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
