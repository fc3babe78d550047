/**
 * HTTP as this backend needs it, on node:http. Node's own fetch gives a connection up after 300 s of silence, which a
 * long queue reaches, and follows redirects, which would carry the key to a host the user did not name. Here silence is
 * allowed for as long as the caller says, redirects are errors, and any number of requests run side by side.
 */
import http from "node:http";
import https from "node:https";

/** A reply that is not a success; its body is the server's own words. */
export class StatusError extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Headers,
  ) {
    // No word of the body here: the library looks for "timed out" in messages and would drop the rest.
    super(`HTTP ${status}`);
  }
}

/** Nothing was heard for as long as is allowed. */
export class SilenceError extends Error {
  constructor(readonly ms: number) {
    super(`no answer for ${Math.round(ms / 1000)} s`);
  }
}

/** A success whose body is read from `incoming`: web streams cost more than all else at thousands of pieces a second. */
export class StreamedResponse extends Response {
  constructor(
    readonly incoming: http.IncomingMessage,
    headers: Headers,
  ) {
    super(null, { status: 200, headers });
  }
}

/** The part of fetch's arguments that is used. */
interface Init {
  method?: string;
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: unknown;
  signal?: AbortSignal | null;
  /** In place of what the wire allows: how long the connection may be silent. */
  silenceMs?: number;
}

const maxErrorBytes = 64 * 1024;
/** Less than the 5 s after which common servers close a connection that idles. */
const idleSocketMs = 4_000;

export class Wire {
  private readonly agents = {
    // Each request has its own connection: some servers, llama.cpp's among them, close one that is just being taken up
    // again, which looks as if they had died. Next to an answer, opening another costs nothing.
    "http:": new http.Agent({ keepAlive: false, maxSockets: Infinity }),
    // With TLS it does cost, and who serves that has better manners.
    "https:": new https.Agent({ keepAlive: true, maxSockets: Infinity, timeout: idleSocketMs }),
  };

  /** @param silenceMs how long a connection may be silent */
  constructor(private readonly silenceMs: number) {}

  /**
   * Has the signature of fetch, for the library; bodies are text.
   * @throws {StatusError} for any reply but a success, redirects included
   * @throws {SilenceError} and system errors with a `code`
   */
  readonly fetch = async (input: string | URL | Request, init: Init = {}): Promise<StreamedResponse> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const incoming = await this.send(url, init);
    const status = incoming.statusCode ?? 0;
    const headers = headersOf(incoming);
    if (status >= 200 && status < 300) return new StreamedResponse(incoming, headers);
    throw new StatusError(status, await textOf(incoming, maxErrorBytes).catch(() => ""), headers);
  };

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private send(
    url: URL,
    { method = "GET", headers, body, signal, silenceMs = this.silenceMs }: Init,
  ): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError());
      const secure = url.protocol === "https:";
      const text = typeof body === "string" ? body : undefined;
      const request = (secure ? https : http).request(url, {
        method,
        agent: this.agents[secure ? "https:" : "http:"],
        timeout: silenceMs,
        headers: {
          ...Object.fromEntries(new Headers(headers)),
          ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }),
        },
      });
      let incoming: http.IncomingMessage | undefined;
      const stop = (error: Error) => {
        // Once there is a response, only destroying that tells its reader why.
        if (incoming === undefined) request.destroy(error);
        else incoming.destroy(error);
      };
      const abort = () => stop(abortError());
      signal?.addEventListener("abort", abort, { once: true });
      request.on("timeout", () => stop(new SilenceError(silenceMs)));
      request.on("close", () => signal?.removeEventListener("abort", abort));
      request.on("error", reject);
      request.on("response", (response) => {
        incoming = response;
        // A connection that breaks before anybody reads must not end the process.
        response.on("error", () => undefined);
        resolve(response);
      });
      request.end(text);
    });
  }
}

function abortError(): Error {
  return new DOMException("aborted", "AbortError");
}

function headersOf(incoming: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  return headers;
}

/** The whole body as text; what lies beyond `maxBytes` is left unread. */
export async function textOf(incoming: http.IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(pieces).toString("utf8", 0, maxBytes);
}
