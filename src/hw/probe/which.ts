/** Finds programs as a shell would. */
import path from "node:path";
import type { System } from "./system.js";

/**
 * @param name without an extension
 * @param fallbacks whole paths to try when PATH has none
 * @returns the path of the program, or undefined
 */
export async function findProgram(
  system: System,
  name: string,
  fallbacks: readonly string[] = [],
): Promise<string | undefined> {
  const windows = system.platform === "win32";
  const paths = windows ? path.win32 : path.posix;
  const folders = (variable(system, "PATH") ?? "").split(windows ? ";" : ":").filter((folder) => folder !== "");
  const endings = windows ? [".exe", ".cmd", ".bat"] : [""];
  const onPath = folders.flatMap((folder) => endings.map((ending) => paths.join(folder, name + ending)));
  for (const file of [...onPath, ...fallbacks])
    if (await system.isExecutable(file)) return paths.isAbsolute(file) ? file : path.resolve(file);
  return undefined;
}

/** A variable of the environment, whose names have no case on Windows; undefined where it is empty. */
export function variable(system: System, name: string): string | undefined {
  const { env } = system;
  const key =
    system.platform === "win32" ? Object.keys(env).find((each) => each.toUpperCase() === name.toUpperCase()) : name;
  const value = key === undefined ? undefined : env[key];
  return value === "" ? undefined : value;
}
