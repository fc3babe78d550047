import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-run-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function script(name: string, body: string, mode = 0o755): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, mode);
  return file;
}

/** A process that ended and that nobody has asked for yet counts as ended. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) Z /.test(stat);
}

const run = (file: string, timeoutMs = 5_000) => runProgram(file, ["a b"], process.env, { timeoutMs });

describe.skipIf(process.platform === "win32")("runProgram", () => {
  it("gives what a program prints, in plain English whatever the user's language", async () => {
    const file = await script("good", 'echo "got $1, $LC_ALL"; echo warning >&2');
    expect(await run(file)).toEqual({
      ending: "done",
      stdout: "got a b, C\n",
      stderr: "warning\n",
      detail: "exit code 0",
    });
  });

  it("tells how a program failed", async () => {
    expect(await run(await script("nine", "echo no driver; exit 9"))).toMatchObject({
      ending: "failed",
      stdout: "no driver\n",
      detail: "exit code 9",
    });
    expect(await run(await script("crash", "kill -SEGV $$"))).toMatchObject({ ending: "failed", detail: "SIGSEGV" });
  });

  it("kills one that hangs, with its children", async () => {
    const pids = path.join(folder, "pids");
    const file = await script(
      "hang",
      `sleep 300 & echo $! > ${pids}; trap '' TERM; echo $$ >> ${pids}; wait; sleep 300`,
    );
    const start = performance.now();
    expect(await run(file, 500)).toMatchObject({ ending: "timeout", detail: "no answer within 0.5 s" });
    expect(performance.now() - start).toBeLessThan(3_000);
    await sleep(100);
    const started = (await readFile(pids, "utf8")).trim().split("\n").map(Number);
    expect(started).toHaveLength(2);
    for (const pid of started) expect(await isAlive(pid)).toBe(false);
  });

  it("does not wait for a child that outlives its parent and holds the output", async () => {
    const file = await script("orphan", "sleep 300 & echo done");
    expect((await run(file, 500)).ending).toBe("timeout");
  });

  it("stops one that floods", async () => {
    const ran = await run(await script("flood", "yes 'NVIDIA GeForce'"));
    expect(ran.ending).toBe("flood");
    expect(ran.stdout.length).toBeLessThanOrEqual(1_000_001);
  });

  it("tells of what cannot be started", async () => {
    expect((await run(path.join(folder, "missing"))).ending).toBe("absent");
    expect((await run(await script("denied", "exit 0", 0o644))).ending).toBe("absent");
    const binary = path.join(folder, "binary");
    await writeFile(binary, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]));
    await chmod(binary, 0o755);
    expect((await run(binary)).ending).not.toBe("done");
  });
});
