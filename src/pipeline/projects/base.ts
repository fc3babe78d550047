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

/** Who is recorded as the maker: KILN_USER_ID, else the name of the user of this machine. */
export function currentUser(): string {
  const named = process.env["KILN_USER_ID"];
  if (named !== undefined && named !== "") return named;
  try {
    return os.userInfo().username || "unknown";
  } catch {
    // Some containers have no entry for the user.
    return "unknown";
  }
}

/** @returns now, with microseconds and the offset of this machine's time zone, as Python's `isoformat` has it */
export function timestamp(date = new Date()): string {
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  const micro = String(Math.floor(performance.now() * 1000) % 1000).padStart(3, "0");
  if (minutes === 0) return `${local}${micro}Z`;
  const sign = minutes < 0 ? "-" : "+";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${local}${micro}${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** The beginning of a new file's object. */
export function newBase(
  id = newId(),
  createdBy = currentUser(),
): Pick<KilnBase, "v" | "id" | "created_at" | "created_by"> {
  return { v: formatVersion, id, created_at: timestamp(), created_by: createdBy };
}
