/** vLLM as quern starts it, on a fake: starts, what is given up for one, failures, and that nothing is left behind. */
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { flag, type FakeSettings, FakeVllm } from "../support/fake-vllm.js";
import { askAll, contract, openFake, type OpenFakeOptions, request, Told } from "../support/managed.js";
import { commandLine, isAlive, leftOf } from "../support/processes.js";

let vllm: FakeVllm;
let told: Told;

beforeEach(async () => {
  vllm = await FakeVllm.install();
  told = new Told();
});

const open = (options?: OpenFakeOptions) => openFake(vllm, options, told);

/** Opens what cannot be opened; nothing of it is left. */
async function failure(
  fake: FakeSettings,
  options: OpenFakeOptions = {},
): Promise<InstanceType<typeof contract.BackendError>> {
  const error = await open({ ...options, fake }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(contract.BackendError);
  expect(await leftOf(await vllm.processes())).toEqual([]);
  expect((await readdir(path.join(vllm.stateFolder, "servers"))).filter((name) => name.endsWith(".json"))).toEqual([]);
  return error as InstanceType<typeof contract.BackendError>;
}

describe("a start", () => {
  it("gives a backend that answers, with what the server really holds", async () => {
    await using backend = await open();
    expect(backend.limits).toMatchObject({ contextTokens: 4096, images: false });
    // 64 sequences, and a few more that wait.
    expect(backend.limits.concurrentRequests).toBe(77);
    const { text, finishReason, usage } = await backend.generate(request(1));
    expect(JSON.parse(text)).toMatchObject({ question: expect.stringMatching(/^What is /) as string });
    expect(finishReason).toBe("stop");
    expect(usage.completionTokens).toBeGreaterThan(0);
    expect(await backend.countTokens(["12345678"])).toEqual([2]);
    expect(backend.model).toEqual({ name: "mill", fingerprint: "f1" });
    const words = backend.description.join("\n");
    expect(words).toMatch(/server 1: context 4096 tokens, a cache of 4\d{5} tokens, 64 requests at once; log \S/);
    expect(words).not.toContain("given up");
    expect(told.progress).toEqual(
      expect.arrayContaining(["vLLM 0.32.0: loading weights, 50%", "vLLM 0.32.0: capturing CUDA graphs, 100%"]),
    );
    expect(told.notices).toEqual([]);
  });

  it("takes the port that it is told to, and none when that is taken", async () => {
    const { createServer } = await import("node:net");
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const error = await failure({}, { firstPort: port });
    expect(error.message).toContain(`port ${port} of this machine is taken`);
    expect(error.remedy).toContain("vllm.port");
    await new Promise((resolve) => taken.close(resolve));
    await using backend = await open({ firstPort: port });
    await backend.generate(request(1));
    const [start] = await vllm.starts();
    expect(flag(start!.argv, "--port")).toBe(String(port));
  });

  it("holds no more requests than the cache does", async () => {
    // 2.9 GiB left for the cache, 46 times 1000 tokens.
    await using backend = await open({ fake: { WEIGHTS_GIB: 64, KIB_PER_TOKEN: 64 } });
    expect(backend.limits.concurrentRequests).toBeLessThan(70);
  });

  it("keeps the key out of everything but the server's environment", async () => {
    await using backend = await open();
    await backend.generate(request(1));
    const [start] = await vllm.starts();
    const key = start!.env["VLLM_API_KEY"]!;
    expect(key).toMatch(/^[0-9a-f]{48}$/);
    const guards = backend.guardProcessIds.map((pid) => commandLine(pid!)).join();
    const files = await readdir(path.join(vllm.stateFolder, "servers"));
    const texts = await Promise.all(
      files.map((name) => readFile(path.join(vllm.stateFolder, "servers", name), "utf8")),
    );
    const all = [start!.argv, backend.description, told, guards, commandLine(start!.pid), texts];
    expect(JSON.stringify(all)).not.toContain(key);
    expect((await fetch(`http://127.0.0.1:${flag(start!.argv, "--port")!}/v1/models`)).status).toBe(401);
    expect(start!.env).toMatchObject({ VLLM_NO_USAGE_STATS: "1", HF_HUB_OFFLINE: "1", CUDA_VISIBLE_DEVICES: "0" });
  });

  it("takes another port where its own was taken", async () => {
    await using backend = await open({ fake: { PORT_CLASHES: 2 } });
    expect(await vllm.starts()).toHaveLength(3);
    expect(new Set((await vllm.starts()).map(({ argv }) => flag(argv, "--port"))).size).toBe(3);
    expect(told.notices.join()).toContain("Address already in use; trying again with another port");
    // Nothing was given up for that.
    expect(backend.description.join()).not.toContain("given up");
  });

  it("goes without a flag that this version does not know", async () => {
    await using backend = await open({ fake: { UNKNOWN_FLAGS: "--stream-interval,--enable-prompt-tokens-details" } });
    const [, , third] = await vllm.starts();
    expect(third!.argv).not.toContain("--stream-interval");
    expect(third!.argv).toContain("--generation-config");
    expect(backend.description.join()).toContain("no --stream-interval, which this version does not know");
  });

  it("does not leave out what the user gave", async () => {
    const error = await failure({ UNKNOWN_FLAGS: "--fancy" }, { settings: [{ extraArgs: ["--fancy", "3"] }] });
    expect(error.message).toContain("unrecognized arguments: --fancy 3");
    expect(error.remedy).toContain("change --fancy in vllm.extra_args");
    expect(await vllm.starts()).toHaveLength(1);
  });
});

describe("too little memory", () => {
  it("asks for the share that is free", async () => {
    await using backend = await open({ fake: { FREE_GIB: 40 } });
    expect((await vllm.starts()).map(({ argv }) => flag(argv, "--gpu-memory-utilization"))).toEqual(["0.9", "0.49"]);
    expect(told.notices.join()).toMatch(/Free memory on device.*; trying again with 0.49 of the whole memory/);
    expect(backend.description.join()).toContain("given up to make it start: 0.49 of the whole memory");
  });

  it("takes the context that fits", async () => {
    // 1.0 GiB for the cache: 131,072 KiB are 1,024 tokens and more.
    await using backend = await open({ fake: { WEIGHTS_GIB: 66, KIB_PER_TOKEN: 400 } });
    const lengths = (await vllm.starts()).map(({ argv }) => Number(flag(argv, "--max-model-len")));
    expect(lengths[0]).toBe(4096);
    expect(lengths).toHaveLength(2);
    expect(backend.limits.contextTokens).toBe(lengths[1]);
    expect(lengths[1]).toBeLessThan(4096);
  });

  it("walks down, step by step, and says so", async () => {
    const settings = [{ maxNumSeqs: 1024, maxNumBatchedTokens: 16_384 }];
    await using backend = await open({ fake: { WEIGHTS_GIB: 68 }, settings });
    const starts = await vllm.starts();
    expect(starts.length).toBeGreaterThan(2);
    expect(new Set(starts.map(({ argv }) => argv.filter((part) => !/^\d{5}$/.test(part)).join(" "))).size).toBe(
      starts.length,
    );
    expect(told.notices).toHaveLength(starts.length - 1);
    expect(told.notices[0]).toMatch(/when warming up sampler.*; trying again with 512 requests at once/);
    expect(JSON.parse((await backend.generate(request(1))).text)).toBeTruthy();
    // What did not start is gone.
    expect(await leftOf(starts.slice(0, -1).flatMap(({ pid, engine }) => [pid, engine]))).toEqual([]);
  });

  it("ends with an OutOfMemoryError that tells what was tried", async () => {
    const error = await failure({ WEIGHTS_GIB: 500 });
    expect(error).toBeInstanceOf(contract.OutOfMemoryError);
    expect(error.message).toMatch(
      /did not start: torch.OutOfMemoryError: CUDA out of memory.*tried: weights quantized/,
    );
    expect(error.remedy).toContain("vllm.log");
    expect((await vllm.starts()).length).toBeGreaterThan(4);
  });
});

describe("a start that fails", () => {
  it.each([
    ["bad-path", /Invalid repository ID/, /check the model's path/],
    ["architecture", /Model architectures \['OddForCausalLM'\]/, /newer vLLM/],
    ["heads", /attention heads/, /tensor_parallel_size/],
    ["driver", /driver on your system is too old/, /update the driver/],
    ["strange", /ValueError: something nobody has seen before$/, /vllm\.log/],
  ])("is not repeated without hope, and says why: %s", async (name, message, remedy) => {
    const error = await failure({ FAILURE: name });
    expect(error).toBeInstanceOf(contract.BackendStartError);
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
    expect(await vllm.starts()).toHaveLength(1);
  });

  it("says so of a program that cannot be run", async () => {
    await writeFile(vllm.command, "#!/no/such/python\n");
    const error = await failure({});
    expect(error).toBeInstanceOf(contract.BackendStartError);
    expect(error.message).toMatch(/could not be started: spawn .* ENOENT/);
  });

  it("is given up when it gives no sign of life, and nothing of it is left", async () => {
    const error = await failure({ HANGS: "1" }, { startTimeoutMs: 5000 });
    expect(error).toBeInstanceOf(contract.BackendStartError);
    expect(error.message).toContain("it gave no sign for 5 seconds");
    expect(await vllm.starts()).toHaveLength(1);
  });

  it("is told by who was killed where memory ran out", async () => {
    const error = await failure({ FAILURE: "killed" });
    expect(error).toBeInstanceOf(contract.OutOfMemoryError);
    expect(error.message).toContain("SIGKILL");
  });
});

describe("aborting", () => {
  it.each(["HANGS", "IGNORES_TERM"] as const)("a start ends it: %s", async (how) => {
    const interrupt = new AbortController();
    const opening = open({ fake: { [how]: "1", START_MS: 60_000 }, signal: interrupt.signal });
    while ((await vllm.starts()).length === 0) await delay(10);
    // So that it has had the time to say that it does not listen.
    await delay(150);
    interrupt.abort();
    const before = Date.now();
    await expect(opening).rejects.toThrow(contract.AbortedError);
    expect(await leftOf(await vllm.processes())).toEqual([]);
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await vllm.starts()).toHaveLength(1);
  });

  it("before the start starts nothing", async () => {
    await expect(open({ signal: AbortSignal.abort() })).rejects.toThrow(contract.AbortedError);
    expect(await vllm.starts()).toEqual([]);
  });
});

describe("disposing", () => {
  it("ends everything, with what the server leaves behind", async () => {
    const backend = await open({ fake: { LEAVES_ENGINE: "1" }, settings: [{}, { gpus: [1] }] });
    const processes = await vllm.processes();
    const guards = backend.guardProcessIds.map((pid) => pid!);
    expect(processes.filter(isAlive)).toHaveLength(4);
    const { done } = askAll(backend, 5);
    await backend[Symbol.asyncDispose]();
    expect(processes.filter(isAlive)).toEqual([]);
    expect(await leftOf(guards)).toEqual([]);
    await expect(done).rejects.toThrow(contract.AbortedError);
    // Once more does no harm.
    await backend[Symbol.asyncDispose]();
  });

  it("ends a server that is just being started again", async () => {
    const backend = await open({ fake: { START_MS: 300 } });
    const [first] = await vllm.starts();
    process.kill(first!.pid, "SIGKILL");
    while ((await vllm.starts()).length < 2) await delay(5);
    await backend[Symbol.asyncDispose]();
    expect(await leftOf(await vllm.processes(), 0)).toEqual([]);
    await delay(500);
    expect(await vllm.starts()).toHaveLength(2);
  });
});
