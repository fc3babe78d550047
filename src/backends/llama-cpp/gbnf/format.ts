/**
 * The formats of JSON Schema that a grammar enforces, each as a pattern for a subset that every validator accepts.
 */
import { parsePattern, type Pattern } from "./pattern.js";

const day = (last: string): string => `(?:0[1-9]|[12][0-9]|${last})`;

/** full-date of RFC 3339, with the days that each month has; 29 February in leap years only. */
const date =
  `(?:[0-9]{4}-(?:(?:0[13578]|1[02])-${day("3[01]")}|(?:0[469]|11)-${day("30")}|02-(?:0[1-9]|1[0-9]|2[0-8]))` +
  `|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`;

/** full-time of RFC 3339 without leap seconds, with at most six digits of a second's fraction. */
const time = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

/** dot-atom addresses of RFC 5321 with two labels of a domain or more; no quoted local part, no address literal. */
const atom = "[A-Za-z0-9_+-]{1,20}";
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?";

/** No two hyphens in a row, which some validators do not take. */
const plainLabel = "[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,10}){0,2}";
const hostname = `(?:${plainLabel}\\.){1,3}[A-Za-z]{2,20}`;

/** http and https addresses of RFC 3986, without user and without escapes. */
const segment = "[A-Za-z0-9._~-]{1,20}";
const query = `[a-z_]{1,12}=${segment}`;
const path = `(?:(?:/${segment}){1,5}/?|/)`;
const uri = `https?://${hostname}(?::[1-9][0-9]{1,3})?(?:${path}(?:\\?${query}(?:&${query}){0,2})?(?:#${segment})?)?`;

/** RFC 4291: eight groups, or fewer with zeros left out once between them. */
const ipv6 = "(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}|::1)";

/** RFC 3339, appendix A. */
const hours = "T(?:[0-9]{1,2}H(?:[0-9]{1,2}M)?(?:[0-9]{1,2}S)?|[0-9]{1,3}M(?:[0-9]{1,2}S)?|[0-9]{1,4}S)";
const days = "(?:[0-9]{1,2}Y(?:[0-9]{1,2}M)?(?:[0-9]{1,2}D)?|[0-9]{1,2}M(?:[0-9]{1,2}D)?|[0-9]{1,3}D)";
const duration = `P(?:${days}(?:${hours})?|${hours}|[0-9]{1,3}W)`;

/** RFC 6901, with names of plain letters and digits. */
const pointer = "(?:/[A-Za-z0-9_.-]{1,20}){0,6}";

const base64 = "[A-Za-z0-9+/]";

const sources: Readonly<Record<string, string>> = {
  date,
  time,
  "date-time": `${date}T${time}`,
  "iso-time": time,
  "iso-date-time": `${date}T${time}`,
  duration,
  uuid: "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
  ipv4: `(?:${octet}\\.){3}${octet}`,
  ipv6,
  hostname,
  email: `${atom}(?:\\.${atom}){0,2}@(?:${label}\\.){1,3}[A-Za-z]{2,20}`,
  uri,
  url: uri,
  "uri-reference": uri,
  "uri-template": uri,
  "json-pointer": pointer,
  "json-pointer-uri-fragment": `#${pointer}`,
  "relative-json-pointer": `(?:0|[1-9][0-9]{0,2})(?:#|${pointer})`,
  byte: `(?:${base64}{4}){0,40}(?:${base64}{2}==|${base64}{3}=)?`,
};

/** Formats of numbers and strings that are known and only checked after decoding. */
const checked = new Set(["regex"]);

/** Formats that say nothing about the value. */
const meaningless = new Set(["password", "binary", "float", "double"]);

const numeric = new Set(["int32", "int64", "float", "double"]);

/** Integers of these formats lie within these bounds. */
export const integerFormats: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

export function isNumericFormat(name: string): boolean {
  return numeric.has(name);
}

/** What becomes of a format's name: unknown ones are to be refused. */
export function formatKind(name: string): "enforced" | "checked" | "meaningless" | "unknown" {
  if (Object.hasOwn(sources, name)) return "enforced";
  if (meaningless.has(name)) return "meaningless";
  return checked.has(name) || numeric.has(name) ? "checked" : "unknown";
}

/** The pattern of a format that is enforced. */
export function formatPattern(name: string): Pattern {
  return parsePattern(`^${sources[name]!}$`)!;
}
