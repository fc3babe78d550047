/** What all of Kiln's files have: an id, when and by whom it was made. */
import { randomInt } from "node:crypto";
import os from "node:os";
import type { KilnBase } from "./types.js";

/** The version of Kiln's format that is written, and the highest that is read. */
export const formatVersion = 1;

/** @returns twelve decimal digits, as Kiln makes ids; the first is never 0 */
export function newId(): string {
  return `${randomInt(100_000, 1_000_000)}${String(randomInt(0, 1_000_000)).padStart(6, "0")}`;
}

/** Where Python's `getpass.getuser` looks for the name of the user, in its order. */
const userVariables = ["LOGNAME", "USER", "LNAME", "USERNAME"];

/**
 * Who is recorded as the maker: KILN_USER_ID, else the name of the user of this machine, as Kiln finds it. The settings
 * of Kiln's app are not looked at, since they hold its keys.
 */
export function currentUser(): string {
  for (const name of ["KILN_USER_ID", ...userVariables]) {
    const named = process.env[name]?.toWellFormed();
    if (named !== undefined && named !== "") return named;
  }
  try {
    return os.userInfo().username || "unknown_user";
  } catch {
    // Some containers have no entry for the user.
    return "unknown_user";
  }
}

/** Microseconds of the last timestamp: no two of a process are alike, and they stand in the order they were made. */
let last = 0;

/**
 * @param date milliseconds of it are taken; the microseconds below them only tell timestamps apart
 * @returns the time with microseconds and the offset of this machine's time zone, as pydantic writes it: `Z` in UTC, and
 *   no fraction of a second where that is 0
 */
export function timestamp(date?: Date): string {
  const fine = Math.floor((performance.timeOrigin + performance.now()) * 1000) % 1000;
  let microseconds = (date?.getTime() ?? Date.now()) * 1000;
  if (date === undefined) {
    // A clock that is set back is followed; within a millisecond the order is kept.
    microseconds = Math.max(microseconds + fine, last >= microseconds + 1000 ? 0 : last + 1);
    last = microseconds;
  }
  return formatTime(microseconds);
}

/** @param microseconds since 1970 */
function formatTime(microseconds: number): string {
  const date = new Date(Math.floor(microseconds / 1000));
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -5);
  const below = ((microseconds % 1_000_000) + 1_000_000) % 1_000_000;
  const fraction = below === 0 ? "" : `.${String(below).padStart(6, "0")}`;
  if (minutes === 0) return `${local}${fraction}Z`;
  const two = (n: number) => String(n).padStart(2, "0");
  const sign = minutes < 0 ? "-" : "+";
  return `${local}${fraction}${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

const timePattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T t_](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?$/;

/** What Kiln and quern write; days that not every month has are looked at more closely. */
const commonTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{6})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * A time as pydantic reads it: ISO 8601 with or without an offset, or seconds (beyond 2e10: milliseconds) since 1970.
 * @returns the text as it stands, or ISO 8601 where it is a number; undefined where it is no time
 */
export function timeIn(value: unknown): string | undefined {
  if (typeof value === "string") {
    if (commonTime.test(value)) return value;
    const [, year, month, day, hour = "0", minute = "0", second = "0"] = timePattern.exec(value) ?? [];
    if (year !== undefined) {
      const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
      const isDay = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= days;
      return isDay && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 ? value : undefined;
    }
    if (!/^[+-]?\d+(\.\d+)?$/.test(value)) return undefined;
  } else if (typeof value !== "number") return undefined;
  const number = Number(value);
  const date = new Date(Math.abs(number) > 2e10 ? number : number * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The beginning of a new file's object. */
export function newBase(
  id = newId(),
  createdBy = currentUser(),
): Pick<KilnBase, "v" | "id" | "created_at" | "created_by"> {
  return { v: formatVersion, id, created_at: timestamp(), created_by: createdBy };
}

/** What was filled into files that lack it, so that it stays the same while quern runs. By file and place. */
const filled = new Map<string, Pick<KilnBase, "id" | "created_at">>();

/**
 * @param place the file, and where in it
 * @returns an id and a time for what has none, the same whenever it is asked for
 */
export function filledBase(place: string): Pick<KilnBase, "id" | "created_at"> {
  let known = filled.get(place);
  if (known === undefined) {
    known = { id: newId(), created_at: timestamp() };
    filled.set(place, known);
  }
  return known;
}

/** Python's integers where pydantic is lenient: whole numbers, texts of them, and truth values. */
export function laxNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) return Number(value);
  return undefined;
}

/** @returns what Kiln would refuse of any file, undefined where it is in order */
export function baseProblem(value: unknown, modelType: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it holds no object";
  const { model_type: type, v = 1 } = value as Record<string, unknown>;
  if (type === undefined) return 'it has no "model_type"';
  if (type !== modelType) return `its "model_type" is ${JSON.stringify(type)}, not "${modelType}"`;
  const version = laxNumber(v);
  if (version === undefined || !Number.isInteger(version)) return '"v" is no whole number';
  if (version > formatVersion) return `it is of version ${version}, and quern reads version ${formatVersion}`;
  return nestedProblem(value as Record<string, unknown>);
}

/** @returns what Kiln would refuse of the keys that every object has which is made on its own */
export function nestedProblem(value: Readonly<Record<string, unknown>>, where = ""): string | undefined {
  const { v = 1, id, created_at: at, created_by: by } = value;
  if (id !== undefined && id !== null && typeof id !== "string") return `"${where}id" is no text`;
  if (by !== undefined && typeof by !== "string") return `"${where}created_by" is no text`;
  if (at !== undefined && timeIn(at) === undefined) return `"${where}created_at" is no time`;
  if (where !== "" && !Number.isInteger(laxNumber(v))) return `"${where}v" is no whole number`;
  return undefined;
}
