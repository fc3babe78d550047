/** Whatever becomes of quern itself, no server stays behind. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { beforeEach, describe, expect, it } from "vitest";
import { type FakeSettings, FakeVllm } from "../support/fake-vllm.js";
import { openFake, Told } from "../support/managed.js";
import { isAlive, kill, leftOf } from "../support/processes.js";

const script = fileURLToPath(new URL("../support/open-managed.mjs", import.meta.url));
let vllm: FakeVllm;

beforeEach(async () => {
  vllm = await FakeVllm.install();
});

const records = async () =>
  (await readdir(path.join(vllm.stateFolder, "servers")).catch((): string[] => [])).filter((name) =>
    name.endsWith(".running.json"),
  );

/** @returns once its server is ready, or, with `early`, once it is started */
async function startQuern(fake: FakeSettings, early = false) {
  const running = execa(process.execPath, [script, JSON.stringify(vllm.settings())], {
    env: vllm.environment(fake),
    reject: false,
  });
  let told = "";
  running.stdout.on("data", (piece: Buffer) => (told += piece.toString()));
  const isThere = async () => (await vllm.starts()).length > 0 && (await records()).length > 0;
  while (early ? !(await isThere()) : !told.includes("ready")) {
    if (running.exitCode !== null) throw new Error(`it ended: ${(await running).stderr}`);
    await delay(10);
  }
  const guard = Number(/ready (\d+)/.exec(told)?.[1] ?? 0);
  return { running, guard };
}

describe("kill -9 of quern", () => {
  it.each<[string, FakeSettings, boolean]>([
    ["while its server works", {}, false],
    ["while its server starts", { HANGS: "1" }, true],
    ["whose server leaves a process behind", { LEAVES_ENGINE: "1" }, false],
  ])("%s", async (_, fake, early) => {
    const { running } = await startQuern(fake, early);
    const processes = await vllm.processes();
    expect(processes.filter(isAlive)).toHaveLength(2);
    running.kill("SIGKILL");
    await running;
    expect(await leftOf(processes, 8_000)).toEqual([]);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("by %s as well", async (signal) => {
    const { running, guard } = await startQuern({});
    const processes = await vllm.processes();
    running.kill(signal);
    await running;
    expect(await leftOf([...processes, guard])).toEqual([]);
  });
});

describe("kill -9 of quern and of the guard", () => {
  it.each([
    ["with its server", false],
    ["with what is left of a server that is gone", true],
  ])("leaves an orphan that the next start ends: %s", async (_, gone) => {
    const { running, guard } = await startQuern({});
    const processes = await vllm.processes();
    // Neither has the time to do anything about the end of the other.
    kill(running.pid!, "SIGSTOP");
    kill(guard);
    kill(running.pid!);
    await running;
    expect(processes.filter(isAlive)).toHaveLength(2);
    if (gone) kill(processes[0]!);
    expect(await records()).toHaveLength(1);
    const told = new Told();
    await using backend = await openFake(vllm, {}, told);
    expect(backend.processIds).toHaveLength(1);
    expect(await leftOf(processes)).toEqual([]);
    expect(told.notices).toEqual(["a server that an earlier run left behind was ended"]);
    expect(await records()).toHaveLength(1);
  });
});

it("the record of a server is gone when the server is", async () => {
  const backend = await openFake(vllm);
  expect(await records()).toHaveLength(1);
  await backend[Symbol.asyncDispose]();
  expect(await records()).toEqual([]);
});
