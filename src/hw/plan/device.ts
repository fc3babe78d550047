/** What llama.cpp computes on, and how much of it may be taken. */
import { ConfigError } from "../../errors.js";
import type { GpuFacts, LlamaDevice, MachineFacts } from "../facts.js";
import { gib, gpuContextBytes, mib } from "../memory.js";
import type { PlanRequest } from "./types.js";

export interface Device {
  name: LlamaDevice;
  gpus: readonly GpuFacts[];
  /** Bytes that may be taken of the GPUs, and of the machine's memory. */
  gpuBudget: number;
  memoryBudget: number;
}

/** The first device that llama.cpp can use here and that the user allows. */
export function chooseDevice(machine: MachineFacts, request: PlanRequest): Device {
  const memoryBudget = machine.memory.availableBytes - reserveOf(machine);
  const cpu: Device = { name: "cpu", gpus: [], gpuBudget: 0, memoryBudget };
  if (request.gpu === false || request.gpuLayers === 0) return cpu;
  const wanted = request.gpu;
  if (wanted !== "auto" && !machine.llamaCpp.devices.includes(wanted))
    throw new ConfigError(
      `llama.cpp cannot use ${wanted} here: ${machine.llamaCpp.reasons.join("; ") || "no such device was found"}`,
      {
        remedy: "set llama-cpp.gpu to auto or off",
      },
    );
  for (const name of wanted === "auto" ? machine.llamaCpp.devices : [wanted]) {
    if (name === "cpu") return cpu;
    const gpus = machine.gpus.filter((gpu) => usableBy(name, gpu));
    if (gpus.length === 0) continue;
    const shared = gpus.some((gpu) => gpu.sharesMemory);
    const gpuBudget = gpus.reduce((sum, gpu) => sum + Math.max(0, usableBytes(gpu)), 0);
    return { name, gpus, gpuBudget: shared ? Math.min(gpuBudget, memoryBudget) : gpuBudget, memoryBudget };
  }
  return cpu;
}

function usableBy(device: LlamaDevice, gpu: GpuFacts): boolean {
  if (device === "cuda") return gpu.vendor === "nvidia";
  if (device === "metal") return gpu.vendor === "apple";
  // Vulkan sees integrated GPUs too; beside one with memory of its own they only slow it down.
  return !gpu.sharesMemory;
}

/** What is free, less what the driver takes itself and a margin for what other programs do meanwhile. */
function usableBytes(gpu: GpuFacts): number {
  return gpu.freeBytes - (gpu.sharesMemory ? 0 : gpuContextBytes) - Math.min(0.04 * gpu.totalBytes, 0.8 * gib);
}

/** Left to the system, quern itself and the documents. */
export function reserveOf({ memory }: MachineFacts): number {
  return Math.min(512 * mib, memory.availableBytes / 5);
}
