/** A hub on this machine, for tests: a server that speaks what `quern models pull` asks for, and misbehaves on demand. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRepo {
  files: Record<string, Buffer | string>;
  /** 40 hex digits. */
  commit?: string;
  licence?: string;
  gated?: boolean;
}

export interface HubRequest {
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** The second server, which stands for a content network. */
  elsewhere: boolean;
}

/** What happens to one request of a file; all of it is optional. */
export interface Mischief {
  status?: number;
  headers?: Record<string, string>;
  /** The connection is cut after so many bytes. */
  cutAfter?: number;
  /** After so many bytes nothing more comes, and the connection stays. */
  stallAfter?: number;
  /** The whole file is sent with 200, whatever range was asked for. */
  ignoreRange?: boolean;
  /** Other bytes than the hub's list says. */
  content?: Buffer;
  /** Bytes per second. */
  speed?: number;
}

export interface FakeHubOptions {
  /** Entries per page of a listing. */
  pageSize?: number;
  /** Files are redirected to a second server. */
  redirect?: boolean;
  /** Asked before each file is sent; `number` counts requests of that file, from 0. */
  mischief?: (file: string, number: number) => Mischief | undefined;
  /** Sizes that the listing tells instead of the real ones. */
  claimedSizes?: Record<string, number>;
}

export interface FakeHub extends AsyncDisposable {
  url: string;
  requests: HubRequest[];
  /** Bytes of files that were sent. */
  sentBytes: () => number;
  /** May be changed while it runs. */
  options: FakeHubOptions;
  repos: Record<string, FakeRepo>;
}

export const fakeCommit = "0123456789abcdef0123456789abcdef01234567";

export async function fakeHub(repos: Record<string, FakeRepo>, options: FakeHubOptions = {}): Promise<FakeHub> {
  const requests: HubRequest[] = [];
  const counts = new Map<string, number>();
  let sent = 0;
  const hub: Pick<FakeHub, "options" | "repos"> = { options, repos };

  const note = (request: IncomingMessage, elsewhere: boolean) =>
    requests.push({
      path: request.url ?? "",
      range: request.headers.range,
      authorization: request.headers.authorization,
      elsewhere,
    });
  const main = createServer((request, response) => {
    note(request, false);
    void answer(request, response, false);
  });
  const network = createServer((request, response) => {
    note(request, true);
    void answer(request, response, true);
  });
  const [url, networkUrl] = [await listen(main), await listen(network)];

  async function answer(request: IncomingMessage, response: ServerResponse, elsewhere: boolean): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const [, api] = /^\/api\/models\/(.*)$/.exec(pathname) ?? [];
    const address = api ?? pathname.slice(1);
    const id = address.split("/").slice(0, 2).join("/");
    const rest = address.slice(id.length + 1);
    const repo = hub.repos[id];
    if (repo === undefined) {
      deny(response, 404, "RepoNotFound", "Repository not found");
      return;
    }
    const commit = repo.commit ?? fakeCommit;
    if (api !== undefined && rest.startsWith("revision/")) {
      const revision = decodeURIComponent(rest.slice("revision/".length));
      if (revision !== "main" && revision !== commit) return deny(response, 404, "RevisionNotFound", "Invalid rev id");
      json(response, { sha: commit, gated: repo.gated ?? false, cardData: { license: repo.licence }, tags: [] });
    } else if (api !== undefined && rest.startsWith("tree/")) {
      listing(response, repo, searchParams, pathname);
    } else {
      if (repo.gated === true && request.headers.authorization === undefined && !elsewhere)
        return deny(response, 401, "GatedRepo", "Access to model is restricted");
      const file = decodeURIComponent(rest.replace(/^resolve\/[^/]+\//, ""));
      if (hub.options.redirect === true && !elsewhere) {
        response.writeHead(302, { location: `${networkUrl}${pathname}` }).end();
        return;
      }
      await send(request, response, file, repo);
    }
  }

  function listing(response: ServerResponse, repo: FakeRepo, query: URLSearchParams, pathname: string): void {
    const all = Object.entries(repo.files).map(([path, content]) => entryOf(path, Buffer.from(content)));
    const size = hub.options.pageSize ?? 1000;
    const from = Number(query.get("cursor") ?? 0);
    // As a mirror does: the address is that of the hub it mirrors.
    if (from + size < all.length)
      response.setHeader("link", `<https://hub.invalid${pathname}?recursive=true&cursor=${from + size}>; rel="next"`);
    json(response, all.slice(from, from + size));
  }

  function entryOf(path: string, content: Buffer): unknown {
    const size = hub.options.claimedSizes?.[path] ?? content.length;
    if (!/\.(gguf|safetensors|bin|model)$/.test(path)) return { type: "file", path, size, oid: gitSha1(content) };
    const oid = createHash("sha256").update(content).digest("hex");
    return { type: "file", path, size, oid: "0".repeat(40), lfs: { oid, size, pointerSize: 130 } };
  }

  async function send(request: IncomingMessage, response: ServerResponse, file: string, repo: FakeRepo): Promise<void> {
    const number = counts.get(file) ?? 0;
    counts.set(file, number + 1);
    const mischief = hub.options.mischief?.(file, number) ?? {};
    const content = mischief.content ?? Buffer.from(repo.files[file] ?? "");
    if (mischief.status !== undefined) {
      response.writeHead(mischief.status, mischief.headers).end("trouble");
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const partial = request.headers.range !== undefined && mischief.ignoreRange !== true;
    if (partial && from >= content.length) {
      response.writeHead(416).end();
      return;
    }
    const rest = partial ? content.subarray(from) : content;
    response.writeHead(partial ? 206 : 200, {
      "content-length": String(rest.length),
      ...(partial ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    const stop = Math.min(rest.length, mischief.cutAfter ?? mischief.stallAfter ?? rest.length);
    const step = mischief.speed === undefined ? 64 * 1024 : Math.ceil(mischief.speed / 20);
    for (let at = 0; at < stop && !response.destroyed; at += step) {
      const piece = rest.subarray(at, Math.min(stop, at + step));
      sent += piece.length;
      await new Promise((resolve) => response.write(piece, resolve));
      if (mischief.speed !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (mischief.cutAfter !== undefined) response.destroy();
    else if (mischief.stallAfter === undefined) response.end();
  }

  return Object.assign(hub, {
    url,
    requests,
    sentBytes: () => sent,
    [Symbol.asyncDispose]: async () => {
      await close(main);
      await close(network);
    },
  });
}

function gitSha1(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

function deny(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { "x-error-code": code, "x-error-message": message })
    .end(JSON.stringify({ error: message }));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
