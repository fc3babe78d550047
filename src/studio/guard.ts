/**
 * Who may speak to the server: whoever knows the token, from a page of its own or from no page at all, under a name that
 * it goes by. Other pages in the same browser know neither, and a name that an attacker lets point to this machine (DNS
 * rebinding) is none of its own.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { RefusedError } from "./errors.js";

export interface GuardOptions {
  token: string;
  /** Names besides those of loopback that the server goes by. */
  hosts: readonly string[];
  /** Pages besides its own that may use it: `http://localhost:5173`. */
  origins: readonly string[];
}

/** @returns 32 characters that nobody guesses */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

const loopback: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
/** What tells nothing of anybody's data. */
const open: readonly string[] = ["/api/health", "/openapi.json"];

export function guard(app: FastifyInstance, { token, hosts, origins }: GuardOptions): void {
  const wanted = Buffer.from(token);
  // Before the body is read.
  app.addHook("onRequest", async (request, reply) => {
    void reply
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "no-referrer")
      .header("cache-control", "no-store");
    checkHost(request, hosts);
    checkOrigin(request, origins);
    if (open.includes(request.url.split("?")[0]!)) return;
    const given = Buffer.from(tokenOf(request) ?? "");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new RefusedError(401, "the token is missing or wrong", {
        remedy: "send it as Authorization: Bearer ..., as quern serve printed it",
      });
    await Promise.resolve();
  });
}

/** The host of a `Host` header without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function checkHost(request: FastifyRequest, hosts: readonly string[]): void {
  const name = nameOf(request.headers.host ?? "");
  if (loopback.includes(name) || hosts.includes(name)) return;
  throw new RefusedError(421, `this server does not go by the name "${name}"`, {
    remedy: "use the address that quern serve printed, or name it with --host",
  });
}

function checkOrigin(request: FastifyRequest, origins: readonly string[]): void {
  const { origin, host = "" } = request.headers;
  if (origin === undefined) {
    // Browsers say so of requests that another page makes without an origin.
    const site = request.headers["sec-fetch-site"];
    if (site === undefined || site === "same-origin" || site === "none") return;
    throw new RefusedError(403, "another page may not use this server");
  }
  if (origin === `http://${host}` || origins.includes(origin)) return;
  throw new RefusedError(403, `the page ${origin} may not use this server`, {
    remedy: "allow it with --allow-origin",
  });
}

/** Event streams of browsers can send no header, so these may carry the token in their address. */
function tokenOf(request: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const { token } = request.query as { token?: unknown };
  return request.method === "GET" && typeof token === "string" ? token : undefined;
}
