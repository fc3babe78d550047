import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeDisk } from "./probe/disk.js";
import { Notes } from "./probe/notes.js";
import { thisSystem } from "./probe/system.js";
import { probeForRun, probeMachine } from "./probe.js";
import { fakeSystem } from "./testing/fake-system.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** This machine with an nvidia-smi of our own. */
async function withNvidiaSmi(name: string, body: string, mode = 0o755) {
  const bin = path.join(folder, name);
  await mkdir(bin);
  await writeFile(path.join(bin, "nvidia-smi"), `#!/bin/sh\n${body}\n`);
  await chmod(path.join(bin, "nvidia-smi"), mode);
  return thisSystem({ PATH: `${bin}:/usr/bin:/bin` });
}

describe("probeForRun", () => {
  it("knows this machine", async () => {
    const facts = await probeForRun({ timeoutMs: 5000 });
    expect(facts.os).toBe(process.platform);
    expect(facts.cpu.usableCores).toBeGreaterThanOrEqual(1);
    expect(facts.cpu.usableCores).toBeLessThanOrEqual(os.availableParallelism());
    expect(facts.memory.availableBytes).toBeGreaterThan(0);
    expect(facts.memory.availableBytes).toBeLessThanOrEqual(facts.memory.totalBytes);
    expect(facts.memory.totalBytes).toBeLessThanOrEqual(os.totalmem());
    for (const fact of ["cpu.usableCores", "memory.totalBytes", "memory.availableBytes"])
      expect(facts.sources).toHaveProperty([fact]);
  });

  it("is quick where no program has to be asked", async () => {
    const system = { ...thisSystem({ PATH: folder }), isExecutable: () => Promise.resolve(false) };
    await probeForRun({ system });
    const start = performance.now();
    await probeForRun({ system });
    expect(performance.now() - start).toBeLessThan(150);
  });

  it("never throws, whatever fails", async () => {
    const fails = () => Promise.reject(new Error("broken"));
    const system = { ...fakeSystem({}), readText: fails, list: fails, isExecutable: fails, run: fails };
    const facts = await probeForRun({ system });
    expect(facts.cpu.usableCores).toBe(8);
    expect(facts.memory.totalBytes).toBe(16 * 1024 ** 3);
    expect(facts.problems.length).toBeGreaterThanOrEqual(3);
    expect(facts.problems.join()).toContain("broken");
    const all = await probeMachine({ system, vllm: "/x", llamaServer: "/y" });
    expect(all.llamaCpp.devices).toEqual([]);
    expect(all.gpus).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("nvidia-smi that misbehaves", () => {
  const probe = async (system: Awaited<ReturnType<typeof withNvidiaSmi>>, timeoutMs = 5000) => {
    const { gpus, problems } = await probeForRun({ system, timeoutMs });
    return { gpus: gpus.filter(({ vendor }) => vendor === "nvidia"), problems: problems.join("\n") };
  };

  it("works when it works", async () => {
    const line = "0, NVIDIA L4, 23034, 22563, 580.95.05, GPU-1, [N/A], 8.9";
    const { gpus, problems } = await probe(await withNvidiaSmi("good", `echo "${line}"`));
    expect(gpus).toHaveLength(1);
    expect(problems).not.toContain("nvidia-smi");
  });

  it("hangs", async () => {
    const start = performance.now();
    const { gpus, problems } = await probe(
      await withNvidiaSmi("hangs", "trap '' TERM INT; sleep 300 & wait; wait"),
      400,
    );
    expect(performance.now() - start).toBeLessThan(3000);
    expect(gpus).toEqual([]);
    expect(problems).toContain("no answer within 0.4 s");
  });

  it("crashes", async () => {
    const { gpus, problems } = await probe(await withNvidiaSmi("crashes", "kill -SEGV $$"));
    expect(gpus).toEqual([]);
    expect(problems).toContain("SIGSEGV");
  });

  it("prints garbage", async () => {
    const { gpus, problems } = await probe(await withNvidiaSmi("garbage", "head -c 5000 /dev/urandom"));
    expect(gpus).toEqual([]);
    expect(problems).not.toBe("");
  });

  it("prints without end", async () => {
    const { gpus, problems } = await probe(await withNvidiaSmi("floods", "yes garbage"));
    expect(gpus).toEqual([]);
    expect(problems).toContain("more than 1000000 characters");
  });

  it("may not be run", async () => {
    expect((await probe(await withNvidiaSmi("denied", "exit 0", 0o644))).gpus).toEqual([]);
  });
});

describe("probeMachine", () => {
  it("leaves out what is not asked for", async () => {
    const system = fakeSystem({ programs: { "/usr/bin/vllm": () => "" } });
    const facts = await probeMachine({ system, llamaCpp: false, servers: false });
    expect(facts.vllm).toBeUndefined();
    expect(facts.llamaCpp).toEqual({ devices: [], reasons: ["llama.cpp was not tried"] });
    expect(system.ran).toEqual([]);
    expect(facts.disk.models.freeBytes).toBeGreaterThan(0);
  });

  it("takes instruction sets from llama.cpp where the system does not tell", async () => {
    const tried = { device: "cpu", works: true, systemInfo: "CPU : AVX2 = 1 | FMA = 1 |" };
    const answer = { version: "3.22.1", release: "v0.5.0", candidates: ["cpu"], packages: {}, tried };
    const programs = {
      [process.execPath]: (args: readonly string[]) =>
        args[0]!.includes("llama") ? `quern:${JSON.stringify(answer)}` : '{"cpu": {"physicalCores": 4}}',
    };
    const facts = await probeMachine({ system: fakeSystem({ platform: "win32", programs }), servers: false });
    expect(facts.cpu).toMatchObject({ physicalCores: 4, simd: ["avx2", "fma"] });
    expect(facts.sources["cpu.simd"]).toBe("llama.cpp");
    expect(facts.llamaCpp.devices).toEqual(["cpu"]);
  });
});

describe("probeDisk", () => {
  it("looks at the nearest folder that exists", async () => {
    const notes = new Notes();
    const asked = path.join(folder, "not", "there");
    const facts = await probeDisk(asked, "disk.models", notes, 1000);
    expect(facts.folder).toBe(asked);
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(notes.sources["disk.models.freeBytes"]).toBe(`statfs ${folder}`);
    expect(notes.problems).toEqual([]);
  });
});
