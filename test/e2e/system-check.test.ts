/** `system-check` and `bench`, as a newcomer starts them. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, root, temporaryFolder } from "../support/command.js";
import { fakeServer } from "../support/fake-server.js";

describe("system-check", () => {
  it("shows the machine, the backends, the model, the plan and a real request, and exits with 0", async () => {
    const { stdout, exitCode } = await quern(["system-check"]);
    expect(exitCode).toBe(0);
    for (const heading of ["Machine", "Backends", "Model", "Plan", "Generation"])
      expect(stdout).toMatch(new RegExp(`^${heading}$`, "m"));
    expect(stdout).toMatch(/physical cores usable/);
    expect(stdout).toMatch(/✓ llama\.cpp .* on .*cpu/);
    expect(stdout).toMatch(/memory: \d+ MiB = weights/);
    expect(stdout).toMatch(/✓ one request: [1-9]\d* prompt tokens\/s, [1-9]\d* generated tokens\/s/);
    expect(stdout).toMatch(/answer held to its schema: \{"answer": ?"/);
  });

  it("gives all of it as JSON", async () => {
    const { stdout, exitCode } = await quern(["system-check", "--json"]);
    const report = JSON.parse(stdout) as {
      machine: { memory: { totalBytes: number }; sources: Record<string, string> };
      model: { name: string; cache: unknown[] };
      plan: { backend: string; memory: { bytes: number }[] };
      generation: { ok: boolean; speed: { decodePerSecond: number } };
    };
    expect(exitCode).toBe(0);
    expect(report.machine.memory.totalBytes).toBeGreaterThan(2 ** 28);
    expect(Object.keys(report.machine.sources).length).toBeGreaterThan(4);
    expect(report.model.name).toBe("quern-embedded");
    expect(report.plan.backend).toBe("llama-cpp");
    expect(report.generation.ok).toBe(true);
    expect(report.generation.speed.decodePerSecond).toBeGreaterThan(1);
  });

  it("exits with 1 where generation does not work, and says why on the same screen", async () => {
    const cwd = await temporaryFolder();
    await writeFile(path.join(cwd, "broken.gguf"), "GGUF and nothing more");
    const { stdout, exitCode } = await quern(["system-check", "-m", "broken.gguf"], { cwd });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ .*broken\.gguf/);
    expect(stdout).toContain("Machine");
  });

  it("tells of a server as the peer does", async () => {
    await using server = await fakeServer();
    const well = await quern(["system-check", ...server.flags]);
    expect(well.stdout).toContain("vLLM server is running");
    expect(well.exitCode).toBe(0);
    const args = ["system-check", "--provider", "vllm", "--api-base", "http://127.0.0.1:9/v1"];
    const ill = await quern(args);
    expect(ill.stdout).toContain("vLLM server is not available");
    expect(ill.exitCode).toBe(1);
  });

  it("does not let a GPU's tool hang it", async () => {
    const cwd = await temporaryFolder();
    await mkdir(path.join(cwd, "bin"));
    await writeFile(path.join(cwd, "bin", "nvidia-smi"), "#!/bin/sh\nsleep 600\n", { mode: 0o755 });
    const env = { PATH: `${path.join(cwd, "bin")}:${process.env["PATH"] ?? ""}` };
    const { stdout, exitCode } = await quern(["system-check"], { cwd, env, timeoutMs: 60_000 });
    expect(stdout).toMatch(/! .*nvidia-smi/);
    expect(exitCode).toBe(0);
  });
});

describe("bench", () => {
  const quick = ["--requests", "1,4", "--prompt-tokens", "32", "--answer-tokens", "8"];

  it("measures, finds the best settings, keeps them when asked, and compares with the run before", async () => {
    const state = await temporaryFolder();
    const env = { QUERN_STATE: state };
    const first = await quern(["bench", ...quick, "--keep"], { env });
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^REQUESTS +PREFILL +DECODE/m);
    expect(first.stdout).toMatch(/^4 +\d+ +\d+ +\d+ +\d+ ms/m);
    expect(first.stdout).toMatch(/[1-4] █+/);
    expect(first.stdout).toMatch(/best: \d+ sequences, \d+ threads, batch of \d+ tokens: \d+ tokens\/s/);
    expect(first.stdout).toContain(path.join(state, "settings.json"));
    expect(first.stdout).not.toContain("against");

    const second = await quern(["bench", ...quick, "--no-keep", "--json"], { env });
    const report = JSON.parse(second.stdout) as { speeds: unknown[]; earlier: object | null; kept: string | null };
    expect(report.speeds).toHaveLength(2);
    expect(report.earlier).not.toBeNull();
    expect(report.kept).toBeNull();

    const run = await quern(["run", path.join(root, "samples", "tides.txt"), "-n", "1", "-v", "-t", "1"], { env });
    expect(run.stderr).toContain("settings kept from quern bench");
  });

  it("refuses what cannot be measured: exit 2", async () => {
    expect((await quern(["bench", "--requests", "0"])).exitCode).toBe(2);
    const long = await quern(["bench", "--prompt-tokens", "9000"]);
    expect(long.exitCode).toBe(2);
    expect(long.stderr).toContain("trained with 2048");
    const server = await quern(["bench", "--server"], { env: { PATH: path.dirname(process.execPath) } });
    expect(server.exitCode).toBe(2);
    expect(server.stderr).toContain("no llama-server was found");
  });
});
