/** The command with a vLLM that it starts itself: a fake one, on a GPU that is made up. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { type CommandOptions, quern, start } from "../support/command.js";
import { readLines } from "../support/documents.js";
import { expectError } from "../support/expectations.js";
import { fakeNvidiaSmi, type FakeSettings, FakeVllm, flag, modelFiles } from "../support/fake-vllm.js";
import { folderWith, namesIn } from "../support/folders.js";
import { leftOf } from "../support/processes.js";

const text = "The mill was built in 1820. It grinds rye and wheat. The miller is called Anna. ".repeat(20);

let vllm: FakeVllm;
let nvidia: string;
let cwd: string;

beforeEach(async () => {
  vllm = await FakeVllm.install();
  nvidia = await fakeNvidiaSmi();
  cwd = await folderWith({
    "docs/mill.txt": text,
    "docs/river.txt": text.replaceAll("mill", "river"),
    "mill-model/config.json": modelFiles["config.json"],
    "mill-model/model.safetensors": modelFiles["model.safetensors"],
    "bare/model.safetensors": "no weights",
    "mill.gguf": "GGUF",
    "one.yaml": "vllm: {sequences: 4}\n",
  });
});

function options(fake: FakeSettings = {}): CommandOptions {
  return { cwd, env: { ...vllm.environment(fake), PATH: `${nvidia}${path.delimiter}${process.env["PATH"]!}` } };
}

const run = ["run", "docs", "-n", "4", "-t", "1", "-m", "mill-model"];

interface Summary {
  engine: { requests: number; fromJournal: number };
}

describe("a run with a folder of safetensors", () => {
  it("starts vLLM, has all its answers from it, and ends it", async () => {
    const result = await quern([...run, "--json", "--verbose"], options());
    expect(result.exitCode, result.stderr).toBe(0);
    const records = await readLines<{ question: string }>(path.join(cwd, "data/final/docs.jsonl"));
    expect(records).toHaveLength(8);
    expect(new Set(records.map(({ question }) => question)).size).toBe(8);
    const [server] = await vllm.starts();
    expect(server!.argv).toContain(path.join(cwd, "mill-model"));
    expect(Number(flag(server!.argv, "--max-model-len"))).toBe(4096);
    expect(server!.env).toMatchObject({ CUDA_VISIBLE_DEVICES: "0" });
    expect(result.stderr).toContain("vLLM 0.32.0 on NVIDIA H100 80GB HBM3");
    expect(result.stderr).toContain("server 1: context 4096 tokens, a cache of");
    expect(result.stderr + result.stdout).not.toContain(server!.env["VLLM_API_KEY"]!);
    expect(await leftOf(await vllm.processes())).toEqual([]);
  });

  it("says on stderr what it had to give up", async () => {
    const result = await quern(run, options({ FREE_GIB: 20, UNKNOWN_FLAGS: "--stream-interval" }));
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/did not start: .*--stream-interval.*trying again with no --stream-interval/);
    expect(result.stderr).toMatch(/Free memory on device.*trying again with 0\.24 of the whole memory/);
  });

  it("ends with one line and a remedy when it cannot be started", async () => {
    const hopeless = await quern(run, options({ FAILURE: "architecture" }));
    expectError(hopeless, 1, "vLLM 0.32.0 did not start", "OddForCausalLM", "GGUF file of the model with llama.cpp");
    const memory = await quern(run, options({ WEIGHTS_GIB: 500 }));
    expectError(memory, 1, "CUDA out of memory", "tried: ");
    expect(await leftOf(await vllm.processes())).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  async function interrupted(fake: FakeSettings, when: () => Promise<boolean>): Promise<string> {
    const running = start([...run, "-c", "one.yaml"], options(fake));
    while (running.exitCode === null && !(await when())) await delay(20);
    expect(running.exitCode).toBeNull();
    running.kill("SIGINT");
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(await leftOf(await vllm.processes())).toEqual([]);
    expect(await namesIn(vllm.stateFolder, "servers")).toEqual(["vllm.log"]);
    return stderr;
  }

  it("while vLLM starts ends it", async () => {
    await interrupted({ HANGS: "1" }, async () => (await vllm.starts()).length > 0);
  });

  it("while it works ends it, and the same command goes on", async () => {
    const isAnswering = async () => (await namesIn(cwd, "data", "generated", ".quern")).length > 0;
    const stderr = await interrupted({ ANSWER_MS: 1500 }, async () => {
      if (!(await isAnswering())) return false;
      await delay(1000);
      return true;
    });
    expect(stderr).toContain("run the same command to go on");
    const { exitCode, stdout } = await quern([...run, "-c", "one.yaml", "--json"], options());
    expect(exitCode).toBe(0);
    expect((JSON.parse(stdout) as Summary).engine.requests).toBeGreaterThan(0);
    expect(await readLines(path.join(cwd, "data/final/docs.jsonl"))).toHaveLength(8);
  });
});

describe("what cannot work is said before anything is started", () => {
  it("no GPU for a vLLM that needs one", async () => {
    const none = await fakeNvidiaSmi(false);
    const env = { ...options().env, PATH: `${none}${path.delimiter}${process.env["PATH"]!}` };
    const result = await quern(run, { cwd, env });
    expectError(result, 2, "this vLLM needs a GPU, and none was found", "GGUF");
  });

  it("no vLLM", async () => {
    const none = { QUERN_VLLM: "", VIRTUAL_ENV: "", PATH: `${nvidia}:/usr/bin:/bin` };
    const result = await quern(run, { cwd, env: { ...options().env, ...none } });
    expectError(result, 2, "no vllm was found on this machine");
  });

  it("no model and no server", async () => {
    expectError(
      await quern(["run", "docs", "--provider", "vllm"], options()),
      2,
      "vllm.model is empty",
      "localhost:8000",
    );
  });

  it("a folder without config.json", async () => {
    const result = await quern(["run", "docs", "-m", "bare"], options());
    expectError(result, 1, "no config.json");
  });

  it("a GGUF file for vLLM", async () => {
    const model = path.join(import.meta.dirname, "../../models/quern-embedded.gguf");
    const result = await quern(["run", "docs", "--provider", "vllm", "-m", model], options());
    expectError(result, 2, "is a GGUF file, which vLLM does not read", "--provider llama-cpp");
  });

  it("a flag that quern sets itself", async () => {
    await writeFile(path.join(cwd, "port.yaml"), "vllm: {extra_args: [--port, 9000]}\n");
    expectError(await quern([...run, "-c", "port.yaml"], options()), 2, "vllm.extra_args has --port");
  });

  it.each(["QUERN_VLLM", "command"])("a program that is not there, named by %s", async (by) => {
    await writeFile(path.join(cwd, "gone.yaml"), by === "command" ? "vllm: {command: /no/such/vllm}\n" : "{}\n");
    const env = { ...options().env, ...(by === "command" ? {} : { QUERN_VLLM: "/no/such/vllm" }) };
    const result = await quern([...run, "-c", "gone.yaml"], { cwd, env });
    expectError(result, 2, "/no/such/vllm", "is not a file that can be run");
  });
  // Nothing of all this has started anything.
  it("starts nothing", async () => {
    await quern(["run", "docs", "-m", "bare"], options());
    expect(await vllm.starts()).toEqual([]);
  });
});
