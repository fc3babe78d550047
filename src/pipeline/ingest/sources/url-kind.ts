/** What kind of file is at an address, and what it is called: by what the server says, its name, and its first bytes. */
import { createHash } from "node:crypto";
import path from "node:path";
import { parserFor, parserForMediaType } from "../formats.js";
import { isArchive } from "./archive-names.js";

/** Media types that say nothing about what a file is, or less than its name does. */
const vague: ReadonlySet<string> = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
  "application/x-download",
  "application/force-download",
  "application/download",
  "application/zip",
  "application/x-zip-compressed",
  "application/xml",
  "text/xml",
  "text/plain",
]);

const archives: Readonly<Record<string, string>> = {
  "application/zip": ".zip",
  "application/x-zip-compressed": ".zip",
  "application/x-tar": ".tar",
  "application/gzip": ".gz",
  "application/x-gzip": ".gz",
};

export interface Announced {
  /** Lower case, without parameters; empty where the server says none. */
  mediaType: string;
  /** The encoding that the server names. */
  charset?: string;
  /** The name that the server gives the file. */
  fileName?: string;
}

/** @param headers as Node.js gives them: names in lower case */
export function announced(headers: Readonly<Record<string, string | string[] | undefined>>): Announced {
  const type = String(headers["content-type"] ?? "");
  const charset = /;\s*charset\s*=\s*"?([\w.:+-]+)/i.exec(type)?.[1];
  const fileName = fileNameOf(String(headers["content-disposition"] ?? ""));
  return {
    mediaType: type.split(";", 1)[0]!.trim().toLowerCase(),
    ...(charset === undefined ? {} : { charset }),
    ...(fileName === undefined ? {} : { fileName }),
  };
}

/** The name in a Content-Disposition (RFC 6266), the one in UTF-8 first; without folders. */
function fileNameOf(disposition: string): string | undefined {
  const encoded = /filename\*\s*=\s*[\w-]+'[\w-]*'([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
  const name = encoded === undefined ? (plain?.[1] ?? plain?.[2]) : decoded(encoded);
  return name === undefined ? undefined : path.posix.basename(name.replaceAll("\\", "/"));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The extension by which a file is read.
 *
 * @param head its first bytes, some kilobytes
 * @returns with its dot, lower case; empty where nothing tells
 */
export function extensionOf({ mediaType, fileName }: Announced, url: URL, head: Uint8Array): string {
  const names = [fileName ?? "", decoded(url.pathname)].map((name) => path.posix.extname(name).toLowerCase());
  const byName = names.find((extension) => parserFor(extension) !== undefined || isArchive(extension)) ?? "";
  const byType = parserForMediaType(mediaType)?.extensions[0] ?? archives[mediaType] ?? "";
  const byBytes = sniffed(head);
  // Servers are wrong about types more often than first bytes are.
  if (byBytes === ".pdf" || byBytes === ".gz") return byBytes === ".gz" && byName === ".tgz" ? byName : byBytes;
  if (byBytes === ".zip") return isPackedFormat(byName) ? byName : isPackedFormat(byType) ? byType : officeFormat(head);
  if (!vague.has(mediaType) && byType !== "") return byType;
  return isPackedFormat(byName) ? byBytes || byType : byName || byBytes || byType;
}

/** Formats whose files are zip archives, by a parser or as archives. */
function isPackedFormat(extension: string): boolean {
  return /^\.(?:docx|pptx|xlsx|xlsm|odt|odp|ods|epub|zip)$/.test(extension);
}

/** What a zip archive is by the names of its first members, which stand in it unpacked. */
function officeFormat(head: Uint8Array): string {
  const names = Buffer.from(head).toString("latin1");
  if (names.includes("application/epub+zip")) return ".epub";
  const open = /application\/vnd\.oasis\.opendocument\.(text|presentation|spreadsheet)/.exec(names)?.[1];
  if (open !== undefined) return { text: ".odt", presentation: ".odp", spreadsheet: ".ods" }[open]!;
  const office = /(?:^|[^a-z])(word|ppt|xl)\//.exec(names)?.[1];
  return office === undefined ? ".zip" : { word: ".docx", ppt: ".pptx", xl: ".xlsx" }[office]!;
}

/** The kind of a file by its first bytes; empty where they tell nothing. */
function sniffed(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 1024))
    .toString("latin1")
    .replace(/^(?:\u00ef\u00bb\u00bf)?\s+/, "");
  if (start.includes("%PDF-")) return ".pdf";
  if (start.startsWith("PK\u0003\u0004")) return ".zip";
  if (start.startsWith("\u001f\u008b")) return ".gz";
  if (/^(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head|body)/i.test(start)) return ".html";
  if (/^<\?xml[\s\S]{0,500}<html/i.test(start)) return ".html";
  // eslint-disable-next-line no-control-regex -- control characters are what tells text from other data
  return start !== "" && !/[\u0000-\u0008\u000e-\u001a]/.test(start) ? ".txt" : "";
}

const longestName = 120;

/**
 * A name for outputs that tells pages of one site apart: `example.com_docs_page`, without the extension of a format.
 * Letters of all scripts are kept; of what no file system has, and where the name would be too long, a hash tells apart.
 */
export function nameOf(url: URL): string {
  const parts = decoded(url.pathname)
    .split("/")
    .filter((part) => part !== "");
  const last = parts.at(-1);
  const extension = last === undefined ? "" : path.posix.extname(last);
  if (last !== undefined && extension !== "" && (parserFor(extension) !== undefined || isArchive(extension)))
    parts[parts.length - 1] = last.slice(0, -extension.length);
  const host = url.port === "" ? url.hostname : `${url.hostname}_${url.port}`;
  const query = url.search === "" ? [] : [decoded(url.search.slice(1))];
  const full = [host, ...parts, ...query].join("_");
  const name = full
    .replace(/[^\p{L}\p{M}\p{N}.\-_]+/gu, "_")
    .replace(/_{2,}/g, "_")
    .replace(/[._]+$/, "");
  if (name.length <= longestName && query.length === 0) return name;
  const hash = createHash("sha256").update(url.href).digest("hex").slice(0, 8);
  return query.length > 0 && name.length <= longestName && /^[\p{L}\p{N}._\-=&?]*$/u.test(full)
    ? name
    : `${name.slice(0, longestName)}_${hash}`;
}
