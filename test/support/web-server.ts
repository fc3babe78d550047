/** A web server that behaves as it is told, by the path that is asked for. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Page = (request: IncomingMessage, response: ServerResponse, number: number) => void | Promise<void>;

export interface WebServer extends AsyncDisposable {
  /** Without a slash at the end. */
  url: string;
  port: number;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** Headers of the last request. */
  headers: () => IncomingMessage["headers"];
}

/** @param pages by path; what is not there is a 404 */
export async function webServer(
  pages: Readonly<Record<string, Page | string>>,
  host = "127.0.0.1",
): Promise<WebServer> {
  const asked: string[] = [];
  let headers: IncomingMessage["headers"] = {};
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    const number = asked.filter((one) => one === pathname).length;
    asked.push(pathname);
    headers = request.headers;
    const page = pages[pathname];
    if (page === undefined) response.writeHead(404).end("no such page");
    else if (typeof page === "string") response.setHeader("content-type", "text/html; charset=utf-8").end(page);
    else void page(request, response, number);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    asked,
    headers: () => headers,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends a body with a media type, and other headers. */
export function page(mediaType: string, body: string | Uint8Array, headers: Record<string, string> = {}): Page {
  return (_, response) => {
    response.writeHead(200, { ...(mediaType === "" ? {} : { "content-type": mediaType }), ...headers }).end(body);
  };
}

export function redirect(to: string, status = 302): Page {
  return (_, response) => {
    response.writeHead(status, { location: to }).end();
  };
}
