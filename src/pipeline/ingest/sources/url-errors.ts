/** What went wrong when an address was fetched, in words, and what to do about it. */
import type { IncomingMessage } from "node:http";
import { InputError, messageOf } from "../../../errors.js";
import { IdleError } from "./url-request.js";

/** What failed may work when it is tried again. */
export class PassingError extends InputError {
  /** How long the server asks to wait, in milliseconds. */
  waitMs?: number;
}

/**
 * A failure of the connection in words.
 *
 * @returns a {@link PassingError} where another try may help
 */
export function failureAt(address: URL, error: unknown): InputError {
  if (error instanceof InputError) {
    if (/^\w+:\/\//.test(error.message)) return error;
    const { remedy } = error;
    return new InputError(`${shown(address)}: ${error.message}`, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  const known = connectionErrors[code];
  if (known !== undefined && !known.mayPass)
    return new InputError(`${shown(address)}: ${known.text}`, { cause: error, remedy: known.remedy });
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code))
    return new InputError(`${shown(address)}: its certificate cannot be trusted (${messageOf(error)})`, {
      cause: error,
      remedy: "Check the address; for an authority of your own set NODE_EXTRA_CA_CERTS.",
    });
  const isPacked = /^Z_|^ERR_BROTLI|^ERR_PADDING/.test(code);
  if (isPacked || /incorrect header check|unexpected end of file/.test(messageOf(error)))
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

/** All the time that there was is over. */
export class OverTime extends Error {}

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

/** Why a server does not give what is at an address: by the status of its answer. */
export function refusal(message: IncomingMessage, address: URL, url: URL, longestWaitMs: number): InputError {
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

/** An address without the place in the page. */
export function withoutFragment(url: URL): URL {
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
