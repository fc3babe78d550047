import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { GpuFacts } from "../facts.js";
import { fakeSystem } from "../testing/fake-system.js";
import { parseLlamaAnswer, probeLlamaCpp } from "./llama-cpp.js";
import { Notes } from "./notes.js";
import { type Ran, runProgram } from "./run.js";

const nvidia: GpuFacts = {
  index: 0,
  vendor: "nvidia",
  name: "NVIDIA GeForce RTX 4090",
  totalBytes: 24 * 1024 ** 3,
  freeBytes: 23 * 1024 ** 3,
  sharesMemory: false,
};

/** Answers by device; `first` is what the best one is. */
interface Answers {
  candidates: string[];
  packages?: Record<string, boolean>;
  tried: Record<string, object | Partial<Ran>>;
}

async function probe(
  { candidates, packages = { cuda: true, vulkan: true, cpu: true }, tried }: Answers,
  options: { gpus?: GpuFacts[]; arch?: string; files?: Record<string, string> } = {},
) {
  const program = (args: readonly string[]): string | Partial<Ran> => {
    const device = args[1] ?? candidates[0]!;
    const result = tried[device]!;
    if ("ending" in result) return result;
    const answer = { version: "3.22.1", release: "v0.5.0", candidates, packages, tried: { device, ...result } };
    return {
      stdout: `noise of native code\nquern:${JSON.stringify(answer)}\n`,
      stderr: "[node-llama-cpp] not compatible",
    };
  };
  const system = fakeSystem({
    programs: { [process.execPath]: program },
    arch: options.arch ?? "x64",
    files: options.files ?? {},
  });
  return await probeLlamaCpp(system, Promise.resolve(options.gpus ?? []), new Notes(), 1000);
}

const works = { works: true, names: ["NVIDIA GeForce RTX 4090"], vramBytes: 25e9, systemInfo: "CPU : AVX2 = 1 |" };
const none = { works: false, message: "NoBinaryFoundError" };

describe("probeLlamaCpp", () => {
  it("tells what works, best first", async () => {
    const { facts, simd } = await probe(
      { candidates: ["cuda", "vulkan", "cpu"], tried: { cuda: works, vulkan: works, cpu: works } },
      { gpus: [nvidia] },
    );
    expect(facts).toEqual({
      devices: ["cuda", "vulkan", "cpu"],
      reasons: [],
      release: "v0.5.0 (node-llama-cpp 3.22.1)",
    });
    expect(simd).toEqual(["avx2"]);
  });

  it("tells of a CUDA runtime that is missing", async () => {
    const { facts } = await probe(
      { candidates: ["vulkan", "cpu"], tried: { vulkan: works, cpu: works } },
      { gpus: [nvidia] },
    );
    expect(facts.devices).toEqual(["vulkan", "cpu"]);
    expect(facts.reasons.join()).toContain("the CUDA runtime (libcudart, libcublas, libcublasLt) is not found");
  });

  it("tells of a package that is missing, and of a library that does not load", async () => {
    const answers = { candidates: ["cuda", "cpu"], tried: { cuda: none, cpu: works } };
    const missing = await probe({ ...answers, packages: { cuda: false, cpu: true } }, { gpus: [nvidia] });
    expect(missing.facts.devices).toEqual(["cpu"]);
    expect(missing.facts.reasons.join()).toContain("--omit=optional");
    const broken = await probe(answers, { gpus: [nvidia] });
    expect(broken.facts.reasons.join()).toContain("llama.cpp with CUDA does not load on this machine (not compatible)");
    const arm = await probe({ ...answers, packages: {} }, { gpus: [nvidia], arch: "arm64" });
    expect(arm.facts.reasons.join()).toContain("source build --gpu cuda");
  });

  it("does not take a drawing program for a GPU", async () => {
    const software = { works: true, names: ["llvmpipe (LLVM 15.0.7, 256 bits)"], vramBytes: 8e9 };
    const { facts } = await probe({ candidates: ["vulkan", "cpu"], tried: { vulkan: software, cpu: works } });
    expect(facts.devices).toEqual(["cpu"]);
    expect(facts.reasons.join()).toContain("Vulkan finds no GPU");
    const old = await probe(
      { candidates: ["cuda", "cpu"], tried: { cuda: { works: true, names: [], vramBytes: 0 }, cpu: works } },
      { gpus: [nvidia] },
    );
    expect(old.facts.reasons.join()).toContain("13 needs driver 580");
  });

  it("goes on with the processor where the best device crashes or hangs", async () => {
    const crash = { ending: "failed" as const, detail: "SIGSEGV", stderr: "CUDA error: no kernel image\n" };
    const crashed = await probe({ candidates: ["cuda"], tried: { cuda: crash, cpu: works } }, { gpus: [nvidia] });
    expect(crashed.facts.devices).toEqual(["cpu"]);
    expect(crashed.facts.reasons.join()).toContain("cannot be tried (SIGSEGV: CUDA error: no kernel image)");
    const hang = { ending: "timeout" as const, detail: "no answer within 30 s" };
    const hung = await probe({ candidates: ["cuda"], tried: { cuda: hang, cpu: hang } });
    expect(hung.facts.devices).toEqual([]);
    expect(hung.facts.release).toBeUndefined();
    expect(hung.facts.reasons.join()).toContain("no answer within 30 s");
  });

  it("tells of a C library that does not fit", async () => {
    const { facts } = await probe(
      { candidates: ["cpu"], tried: { cpu: none } },
      { files: { "/lib/ld-musl-x86_64.so.1": "", "/etc/alpine-release": "3.20" } },
    );
    expect(facts.devices).toEqual([]);
    expect(facts.reasons).toHaveLength(1);
    expect(facts.reasons[0]).toContain("musl");
  });

  it("makes nothing of garbage", () => {
    expect(parseLlamaAnswer("")).toBeUndefined();
    expect(parseLlamaAnswer("quern:{")).toBeUndefined();
    expect(parseLlamaAnswer('quern:{"version": 3}')).toBeUndefined();
  });
});

/** Child processes cannot be started from TypeScript; the build makes what they run. */
const built = fileURLToPath(new URL("../../../dist/hw/probe/llama-devices-main.js", import.meta.url));

describe.skipIf(!existsSync(built))("the process that tries", () => {
  it("answers for this machine", async () => {
    const ran = await runProgram(process.execPath, [built, "cpu"], process.env, { timeoutMs: 30_000 });
    const answer = parseLlamaAnswer(ran.stdout);
    expect(answer?.version).toMatch(/^3\./);
    expect(answer?.release).toMatch(/^\S+$/);
    expect(answer?.tried).toMatchObject({ device: "cpu", works: true });
    expect(answer?.packages["cpu"]).toBe(true);
  });
});
