import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderWith } from "../../../test/support/folders.js";
import { isAlive, leftOf } from "../../../test/support/processes.js";
import { processFacts } from "./process-table.js";
import { endOrphans, forgetServer, rememberServer } from "./registry.js";

const mark = "0123456789abcdef";
/** A number that no process has. */
const nobody = { pid: 4_194_304, started: "1" };
let folder: string;
let running: ChildProcess[];

beforeEach(async () => {
  folder = await folderWith();
  running = [];
});

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

function server(env: Record<string, string> = {}): number {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore", env: { ...process.env, ...env } });
  running.push(child);
  return child.pid!;
}

const started = (pid: number) => ({ pid, started: processFacts(pid)!.started });
const write = (record: unknown, name = "vllm.5.running.json") =>
  writeFileSync(path.join(folder, name), typeof record === "string" ? record : JSON.stringify(record));

// Only Linux tells processes apart.
describe.runIf(process.platform === "linux")("orphans", () => {
  it("are those whose quern and guard are gone", async () => {
    const pid = server();
    write({ owner: nobody, guard: nobody, server: started(pid), mark });
    expect(endOrphans(folder)).toBe(1);
    expect(await leftOf([pid])).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    expect(endOrphans(folder)).toBe(0);
  });

  it("are not those of a quern or a guard that runs", () => {
    const pid = server();
    const me = started(process.pid);
    for (const [owner, guard] of [
      [me, nobody],
      [nobody, me],
    ]) {
      write({ owner, guard, server: started(pid), mark });
      expect(endOrphans(folder)).toBe(0);
    }
    expect(isAlive(pid)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("are not processes that only have the same number", () => {
    const pid = server();
    write({ owner: { pid: process.pid, started: "1" }, server: { pid, started: "1" }, mark });
    write({ owner: nobody, server: { pid, started: "" }, mark }, "vllm.6.running.json");
    expect(endOrphans(folder)).toBe(0);
    expect(isAlive(pid)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("are workers that have the mark of a server that is gone", async () => {
    const [worker, other] = [server({ QUERN_SERVER: mark }), server({ QUERN_SERVER: `${mark}0` })];
    write({ owner: nobody, server: nobody, mark });
    expect(endOrphans(folder)).toBe(1);
    expect(await leftOf([worker])).toEqual([]);
    expect(isAlive(other)).toBe(true);
  });

  it.each([
    "",
    "{",
    "[]",
    '{"owner":1,"server":1}',
    JSON.stringify({ owner: nobody, server: { pid: 1, started: "" }, mark }),
    JSON.stringify({ owner: nobody, server: { pid: -5, started: "2" }, mark }),
    JSON.stringify({ owner: nobody, server: nobody, mark: "" }),
  ])("a record that is none is thrown away: %s", (text) => {
    write(text);
    expect(endOrphans(folder)).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a server is remembered and forgotten", () => {
    const pid = server();
    rememberServer(folder, "vllm", { pid, guardPid: process.pid, mark });
    const [name] = readdirSync(folder);
    expect(name).toBe(`vllm.${pid}.running.json`);
    expect(JSON.parse(readFileSync(path.join(folder, name!), "utf8"))).toEqual({
      owner: started(process.pid),
      guard: started(process.pid),
      server: started(pid),
      mark,
    });
    expect(endOrphans(folder)).toBe(0);
    forgetServer(folder, "vllm", pid);
    forgetServer(folder, "vllm", pid);
    expect(readdirSync(folder)).toEqual([]);
  });
});

it("no folder, no orphans", () => {
  expect(endOrphans("/no/such/folder")).toBe(0);
  expect(() => rememberServer("/no/such/folder", "vllm", { pid: 5, guardPid: undefined, mark })).not.toThrow();
});
