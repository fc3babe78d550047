/** Which GPUs vLLM can use, and which of them can share a model. */
import type { GpuFacts, MachineFacts } from "../facts.js";
import type { GpuGroup } from "./types.js";

/** Wheels are built for these and later; older cards have no kernels. */
const minComputeCapability = 7.5;
/** The first release whose wheels are built for CUDA 13, which needs this driver. */
const minDriver = 580;

/** @returns why vLLM cannot be used here, one sentence; undefined where it can */
export function vllmUnusable(machine: MachineFacts): string | undefined {
  const { vllm, gpus, os } = machine;
  if (os !== "linux") return "vLLM runs on Linux only";
  if (vllm === undefined) return "no vllm was found on this machine";
  if (vllm.cpuOnly) return undefined;
  if (gpus.length === 0) return "this vLLM needs a GPU, and none was found";
  if (gpus.some((gpu) => unusableGpu(gpu) === undefined)) return undefined;
  return gpus.map((gpu) => unusableGpu(gpu)!)[0];
}

function unusableGpu(gpu: GpuFacts): string | undefined {
  if (gpu.vendor === "amd")
    return /instinct|MI\d{3}/i.test(gpu.name)
      ? undefined
      : `${gpu.name} is not one of the AMD cards that vLLM is built for`;
  if (gpu.vendor !== "nvidia") return `vLLM has no kernels for ${gpu.name}`;
  const capability = Number(gpu.computeCapability ?? 0);
  if (capability < minComputeCapability)
    return `${gpu.name} has compute capability ${gpu.computeCapability ?? "unknown"}, and vLLM is built for ${minComputeCapability} and later`;
  const driver = Number(gpu.driver?.split(".")[0] ?? 0);
  if (driver > 0 && driver < minDriver)
    return `the NVIDIA driver ${gpu.driver!} is older than the ${minDriver} that vLLM's CUDA 13 builds need`;
  return undefined;
}

/** GPUs that can share a model evenly: same name, same memory; those with most memory first. */
export function gpuGroups(machine: MachineFacts): GpuGroup[] {
  const groups = new Map<string, GpuFacts[]>();
  for (const gpu of machine.gpus) {
    if (unusableGpu(gpu) !== undefined) continue;
    const key = `${gpu.name} ${gpu.totalBytes}`;
    groups.set(key, [...(groups.get(key) ?? []), gpu]);
  }
  return [...groups.values()]
    .map((gpus) => ({
      gpus,
      freeBytes: Math.min(...gpus.map((gpu) => gpu.freeBytes)),
      totalBytes: gpus[0]!.totalBytes,
    }))
    .sort((a, b) => b.totalBytes - a.totalBytes);
}
