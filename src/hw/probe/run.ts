/** Runs a program that may hang, crash or flood: there is a limit to its time and output, and it leaves no children. */
import { spawn } from "node:child_process";
import { messageOf } from "../../errors.js";

export interface RunSettings {
  /** Milliseconds after which the program and its children are killed. */
  timeoutMs: number;
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
}

export interface Ran {
  /** `failed`: it ended with another exit code than 0, or was killed; `absent`: it could not be started. */
  ending: "done" | "failed" | "timeout" | "flood" | "absent";
  stdout: string;
  stderr: string;
  /** How it ended, for a sentence: `exit code 9`, `no answer within 2 s`. */
  detail: string;
}

const maxOutputCharacters = 1_000_000;
/** How long a killed program gets to vanish. One that waits in the kernel for a dead device never does. */
const graceMs = 500;

const running = new Set<number>();

/**
 * Never throws.
 * @param env the whole environment of the program
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  settings: RunSettings,
): Promise<Ran> {
  // Loading it takes longer than all that is read from files, so only what starts a program pays.
  const { execa } = await import("execa");
  let child;
  try {
    child = execa(command, args, {
      reject: false,
      stdin: "ignore",
      extendEnv: false,
      env: { ...env, LC_ALL: "C", ...settings.env },
      maxBuffer: maxOutputCharacters,
      stripFinalNewline: false,
      windowsHide: true,
      // A process group of its own, so that its children can be killed with it.
      detached: process.platform !== "win32",
    });
  } catch (error) {
    return { ending: "absent", stdout: "", stderr: "", detail: messageOf(error) };
  }
  const { pid } = child;
  if (pid !== undefined) remember(pid);
  try {
    const result = await within(child, settings.timeoutMs);
    if (result === undefined) {
      killTree(pid);
      if ((await within(child, graceMs)) === undefined) {
        child.unref();
        child.stdout.destroy();
        child.stderr.destroy();
      }
      return { ending: "timeout", stdout: "", stderr: "", detail: `no answer within ${settings.timeoutMs / 1000} s` };
    }
    const { stdout, stderr } = result;
    if (result.isMaxBuffer) {
      killTree(pid);
      return { ending: "flood", stdout, stderr, detail: `more than ${maxOutputCharacters} characters of output` };
    }
    if (pid === undefined) return { ending: "absent", stdout, stderr, detail: result.originalMessage ?? "" };
    if (result.exitCode === 0) return { ending: "done", stdout, stderr, detail: "exit code 0" };
    const detail = result.signal === undefined ? `exit code ${result.exitCode ?? "unknown"}` : result.signal;
    return { ending: "failed", stdout, stderr, detail };
  } finally {
    if (pid !== undefined) running.delete(pid);
  }
}

/** What a promise gives, or undefined when it takes longer. */
export async function within<T>(promise: PromiseLike<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true })
      .on("error", () => undefined)
      .unref();
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

let watching = false;

/** A command that ends while it probes takes what it started with it. */
function remember(pid: number): void {
  running.add(pid);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const each of running) killTree(each);
  });
}
