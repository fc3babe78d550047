/** Makes facts of recorded machines, through the parsers that read them from real ones. */
import type { CpuFacts, GpuFacts, LlamaDevice, MachineFacts, MemoryFacts } from "../facts.js";
import { llamaReasons } from "../probe/llama-reasons.js";
import { nvidiaFact, parseNvidiaCsv } from "../probe/nvidia-smi.js";
import { simdFrom } from "../probe/simd.js";

export const gib = 1024 ** 3;

export interface Recorded {
  os?: NodeJS.Platform;
  arch?: string;
  cpu: CpuFacts;
  /** GiB of memory: of the machine, and still available. */
  memory: readonly [total: number, available: number];
  limitedBy?: MemoryFacts["limitedBy"];
  /** Lines of nvidia-smi: index, name, MiB in all, MiB free, driver, UUID, MIG, compute capability. */
  nvidia?: string;
  /** GPUs of other vendors. */
  gpus?: (memory: MemoryFacts) => readonly GpuFacts[];
  /** What llama.cpp can use besides the processor. */
  llama?: readonly Exclude<LlamaDevice, "cpu">[];
  /** Whether llama.cpp has a build for the processor alone; true where absent. */
  llamaOnCpu?: boolean;
  /** vLLM's version. */
  vllm?: string;
  /** The version of llama.cpp's server. */
  llamaServer?: string;
  /** GiB free on the disk. */
  diskFree?: number;
}

export function record(recorded: Recorded): MachineFacts {
  const { os = "linux", arch = "x64", cpu, llama = [], llamaOnCpu = true, vllm, llamaServer } = recorded;
  const memory: MemoryFacts = {
    totalBytes: Math.floor(recorded.memory[0] * gib),
    availableBytes: Math.floor(recorded.memory[1] * gib),
    ...(recorded.limitedBy === undefined ? {} : { limitedBy: recorded.limitedBy }),
  };
  const nvidia = parseNvidiaCsv(recorded.nvidia ?? "").flatMap((gpu) => nvidiaFact(gpu, memory, arch) ?? []);
  const gpus = [...nvidia, ...(recorded.gpus?.(memory) ?? [])];
  const devices: LlamaDevice[] = [...llama, ...(llamaOnCpu ? (["cpu"] as const) : [])];
  const freeBytes = (recorded.diskFree ?? 200) * gib;
  return {
    os,
    arch,
    cpu,
    memory,
    gpus,
    llamaCpp: {
      devices,
      reasons: llamaReasons({
        platform: os,
        arch,
        gpus,
        candidates: devices,
        packages: Object.fromEntries(devices.map((device) => [device, true])),
        attempts: devices.map((device) => ({ device, outcome: "works", detail: "" })),
        musl: false,
      }),
      release: "v0.5.0 (node-llama-cpp 3.22.1)",
    },
    ...(vllm === undefined
      ? {}
      : { vllm: { command: "/opt/vllm/bin/vllm", version: vllm, cpuOnly: vllm.includes("+cpu") } }),
    ...(llamaServer === undefined
      ? {}
      : { llamaServer: { command: "/usr/local/bin/llama-server", version: llamaServer } }),
    disk: { models: { folder: "/data/models", freeBytes }, outputs: { folder: "/data/out", freeBytes } },
    sources: { machine: "recorded" },
    problems: [],
  };
}

/** @param simd names as /proc/cpuinfo has them */
export function cpu(model: string, physical: number, logical: number, simd: string, usable = physical): CpuFacts {
  return {
    model,
    physicalCores: physical,
    logicalCores: logical,
    usableCores: usable,
    simd: simdFrom(simd.split(" ")),
  };
}

export const avx2 = "sse4_2 avx avx2 f16c fma";
export const alderLake = `${avx2} avx_vnni`;
export const skylake = `${avx2} avx512f`;
export const iceLake = `${skylake} avx512_vnni`;
export const zen4 = `${iceLake} avx512_bf16`;
export const sapphireRapids = `${zen4} avx_vnni amx_tile amx_int8 amx_bf16`;
export const armv8 = "asimd asimddp";
export const armv9 = "asimd asimddp i8mm sve";
