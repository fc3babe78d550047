/** What every failure of the command must look like. */
import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { type CommandResult, root } from "./command.js";

/** The line of stderr that says what went wrong: of the command, or of one of its inputs. */
export function errorLine({ stderr }: CommandResult): string {
  return stderr.split("\n").find((line) => /^(error: |✗ )/.test(line)) ?? `(no error line in: ${stderr})`;
}

/**
 * The command ended with this exit code and one line that has these parts, and a remedy after a semicolon. No stack, and
 * nothing that the command did not foresee.
 */
export function expectError(result: CommandResult, exitCode: number, ...parts: string[]): void {
  const line = errorLine(result);
  for (const part of parts) expect(line).toContain(part);
  expect(line).toMatch(/; \S/);
  expectPlain(result, exitCode);
}

/** As `expectError`, for what is wrong with the command line itself, which says what a value must be instead of a remedy. */
export function expectUsageError(result: CommandResult, ...parts: string[]): void {
  for (const part of parts) expect(errorLine(result)).toContain(part);
  expectPlain(result, 2);
}

function expectPlain({ stderr, exitCode }: CommandResult, wanted: number): void {
  expect(stderr).not.toMatch(/^\s+at |unexpected: |UnhandledPromise/m);
  expect(exitCode, stderr).toBe(wanted);
}

/** The only thing on stdout is one JSON value, which is given back. */
export function parsedStdout({ stdout }: CommandResult): Record<string, unknown> {
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`stdout is not one JSON value: ${JSON.stringify(stdout)}`);
  }
}

/** Documents that are too large for the repository and lie beside it where they are to be had. */
export const sharedDocuments = path.join(root, "../shared/data/documents");

/** Says why a test is left out, where everybody sees it. */
export function skipLoudly(what: string): void {
  console.warn(`NOT TESTED: ${what}`);
}

export function hasSharedDocuments(): boolean {
  const present = existsSync(sharedDocuments);
  if (!present) skipLoudly(`real documents: there is no folder ${path.relative(root, sharedDocuments)}`);
  return present;
}
