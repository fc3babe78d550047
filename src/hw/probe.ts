/**
 * Facts of this machine. Nothing here can hang or end a command: what is asked has a time limit and is killed with its
 * children when that is over, and what cannot be found out is a sentence in `problems`.
 */
import type { DiskFacts, GpuFacts, MachineFacts, MemoryFacts, Sources } from "./facts.js";
import { probeCpu } from "./probe/cpu.js";
import { probeDisk } from "./probe/disk.js";
import { probeGraphics } from "./probe/graphics.js";
import { probeGpus } from "./probe/gpus.js";
import { probeLlamaCpp } from "./probe/llama-cpp.js";
import { probeLlamaServer } from "./probe/llama-server.js";
import { probeMemory } from "./probe/memory.js";
import { Notes } from "./probe/notes.js";
import { type System, thisSystem } from "./probe/system.js";
import { probeVllm } from "./probe/vllm.js";

export { quotaInCores } from "./probe/cpu.js";

/** What a run needs to know of the machine at each start. */
export type RunFacts = Pick<MachineFacts, "os" | "arch" | "cpu" | "memory" | "gpus" | "sources" | "problems">;

export interface RunProbeOptions {
  /** Milliseconds for each program that is asked. Drivers of several GPUs take seconds to wake up. */
  timeoutMs?: number;
  /** In place of this machine. */
  system?: System;
}

export interface ProbeOptions extends RunProbeOptions {
  /** Try what llama.cpp can use, which takes a second or more. True where absent. */
  llamaCpp?: boolean;
  /** Look for server programs, and ask their versions. True where absent. */
  servers?: boolean;
  /** The executable of vLLM, where the user names one. */
  vllm?: string;
  /** The executable of llama.cpp's server, where the user names one. */
  llamaServer?: string;
  /** Folders whose disks are looked at; the working directory where absent. */
  folders?: { models: string; outputs: string };
}

const defaultTimeoutMs = 10_000;

/** Processor, memory and GPUs: some 20 ms where no program has to be asked, else what nvidia-smi takes. Never throws. */
export async function probeForRun(options: RunProbeOptions = {}): Promise<RunFacts> {
  const { system = thisSystem(), timeoutMs = defaultTimeoutMs } = options;
  const notes = new Notes();
  const { cpu, memory, gpus } = startRunProbes(system, notes, timeoutMs);
  const found = { os: system.platform, arch: system.arch, cpu: await cpu, memory: await memory, gpus: await gpus };
  return { ...found, ...told(notes) };
}

/** All there is to know. Takes a second or more; see the options for what can be left out. Never throws. */
export async function probeMachine(options: ProbeOptions = {}): Promise<MachineFacts> {
  const { system = thisSystem(), timeoutMs = defaultTimeoutMs, llamaCpp = true, servers = true } = options;
  const { folders = { models: ".", outputs: "." } } = options;
  const notes = new Notes();
  const base = startRunProbes(system, notes, timeoutMs);
  const allGpus = base.gpus.then((gpus) => withOtherGpus(system, gpus, base.memory, notes, timeoutMs));
  // Each device is tried with all its libraries, which come from the disk the first time.
  const llamaTimeoutMs = 3 * timeoutMs;
  const [cpu, memory, gpus, llama, vllm, llamaServer, models, outputs] = await Promise.all([
    base.cpu,
    base.memory,
    allGpus,
    llamaCpp
      ? notes.guard("what llama.cpp can use", () => probeLlamaCpp(system, allGpus, notes, llamaTimeoutMs), untried)
      : untried,
    servers ? notes.guard("vLLM", () => probeVllm(system, options.vllm, notes, timeoutMs), undefined) : undefined,
    servers
      ? notes.guard("llama-server", () => probeLlamaServer(system, options.llamaServer, notes, timeoutMs), undefined)
      : undefined,
    disk(folders.models, "disk.models", notes, timeoutMs),
    disk(folders.outputs, "disk.outputs", notes, timeoutMs),
  ]);
  const simdByLlama = cpu.simd.length === 0 && llama.simd.length > 0;
  if (simdByLlama) notes.source("cpu.simd", "llama.cpp");
  return {
    os: system.platform,
    arch: system.arch,
    cpu: simdByLlama ? { ...cpu, simd: llama.simd } : cpu,
    memory,
    gpus,
    llamaCpp: llama.facts,
    ...(vllm === undefined ? {} : { vllm }),
    ...(llamaServer === undefined ? {} : { llamaServer }),
    disk: { models, outputs },
    ...told(notes),
  };
}

const untried = { facts: { devices: [], reasons: ["llama.cpp was not tried"] }, simd: [] };

function startRunProbes(system: System, notes: Notes, timeoutMs: number) {
  const node = system.memory();
  const logical = Math.max(1, system.logicalCores().count);
  const memory = notes.guard("the memory", () => probeMemory(system, notes, timeoutMs), {
    totalBytes: node.totalBytes,
    availableBytes: node.freeBytes,
  });
  const cpu = notes.guard("the processor", () => probeCpu(system, notes, timeoutMs), {
    model: "",
    physicalCores: logical,
    logicalCores: logical,
    usableCores: Math.max(1, Math.min(logical, system.availableParallelism())),
    simd: [],
  });
  return { memory, cpu, gpus: probeGpus(system, memory, notes, timeoutMs) };
}

/** Systems whose GPUs no file and no tool above tells of: old Macs, BSD. */
async function withOtherGpus(
  system: System,
  gpus: GpuFacts[],
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  if (gpus.length > 0 || system.platform === "linux" || system.platform === "win32") return gpus;
  return await notes.guard("the GPUs", () => probeGraphics(system, memory, notes, timeoutMs), gpus);
}

function disk(folder: string, fact: string, notes: Notes, timeoutMs: number): Promise<DiskFacts> {
  return notes.guard(`the free space of ${folder}`, () => probeDisk(folder, fact, notes, timeoutMs), {
    folder,
    freeBytes: 0,
  });
}

function told(notes: Notes): { sources: Sources; problems: readonly string[] } {
  return { sources: notes.sources, problems: notes.problems };
}
