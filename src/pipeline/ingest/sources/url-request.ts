/**
 * One request over HTTP. The address that a name leads to is checked when the connection is made, so that it cannot be
 * another one than the one that is used.
 */
import type { LookupAddress } from "node:dns";
import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { InputError } from "../../../errors.js";
import type { Network } from "./url-addresses.js";

export interface Sent {
  url: URL;
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
  signal: AbortSignal;
  /** Milliseconds without a byte after which the connection is given up. */
  idleMs: number;
  /** Whether an address of a private network may be reached. */
  mayBePrivate: boolean;
  network: Network;
}

export interface Answered {
  message: IncomingMessage;
  /** The address was one of a private network. */
  wasPrivate: boolean;
}

/** The connection was silent for too long. */
export class IdleError extends Error {}

/**
 * @returns the head of the answer; its body is still to be read
 * @throws {InputError} when the address is of a private network and may not be
 * @throws {Error} as the connection fails
 */
export async function send({
  url,
  method = "GET",
  headers,
  body,
  signal,
  idleMs,
  mayBePrivate,
  network,
}: Sent): Promise<Answered> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const { isPrivate, lookup } = network;
  let wasPrivate = false;
  const admit = (addresses: readonly LookupAddress[]): LookupAddress[] => {
    const admitted = mayBePrivate ? [...addresses] : addresses.filter(({ address }) => !isPrivate(address));
    if (admitted.length === 0 && addresses.length > 0) throw privateAddress(url, addresses[0]!.address);
    wasPrivate = admitted.some(({ address }) => isPrivate(address));
    return admitted;
  };
  // Numbers are not looked up.
  const family = isIP(host);
  if (family !== 0) admit([{ address: host, family }]);
  const guarded: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true })
      .then(admit)
      .then(
        (addresses) => {
          if (options.all === true) callback(null, addresses);
          else callback(null, addresses[0]!.address, addresses[0]!.family);
        },
        (error: unknown) => callback(error as NodeJS.ErrnoException, []),
      );
  };
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return await new Promise<Answered>((resolve, reject) => {
    const sent = request(url, { method, headers, signal, lookup: guarded, agent: false, maxHeaderSize: 64 * 1024 });
    let answer: IncomingMessage | undefined;
    sent.on("response", (message) => {
      answer = message;
      resolve({ message, wasPrivate });
    });
    sent.on("error", reject);
    sent.setTimeout(idleMs, () => {
      const error = new IdleError(`nothing came for ${Math.round(idleMs / 1000)} seconds`);
      answer?.destroy(error);
      sent.destroy(error);
    });
    sent.end(body);
  });
}

function privateAddress(url: URL, address: string): InputError {
  return new InputError(
    `${url.host} is at ${address}, an address of a private network, to which an address of the public one must not lead`,
    { remedy: "If you trust it, name that address itself." },
  );
}

/** Times that a body may be packed in packed bytes. */
const mostCodings = 3;

/**
 * A body as it was before it was packed for the transfer.
 *
 * @throws {InputError} for a packing that is not known
 */
export function unpacked(message: IncomingMessage, url: URL): Readable {
  const codings = (message.headers["content-encoding"] ?? "")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length > mostCodings) throw unknownCoding(url, codings.join(", "));
  let body: Readable = message;
  for (const coding of codings.reverse()) {
    const decoder =
      coding === "gzip" || coding === "x-gzip"
        ? createGunzip()
        : coding === "deflate"
          ? createInflate()
          : coding === "br"
            ? createBrotliDecompress()
            : undefined;
    if (decoder === undefined) throw unknownCoding(url, coding);
    const from = body;
    from.on("error", (error) => decoder.destroy(error));
    decoder.on("close", () => from.destroy());
    body = from.pipe(decoder);
  }
  return body;
}

function unknownCoding(url: URL, coding: string): InputError {
  return new InputError(`${url.host} sends it packed in a way that is not known (${coding})`, {
    remedy: "Save it with a browser and ingest the file.",
  });
}
