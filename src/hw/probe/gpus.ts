/** All GPUs that programs may use here. */
import type { GpuFacts, MemoryFacts } from "../facts.js";
import { probeAmdTools } from "./amd-smi.js";
import { probeApple } from "./apple.js";
import { probeDrm } from "./drm.js";
import type { Notes } from "./notes.js";
import { probeNvidia } from "./nvidia.js";
import type { System } from "./system.js";
import { visibleDevices } from "./visible-devices.js";
import { variable } from "./which.js";
import { probeWindowsGpus } from "./windows-gpus.js";

/**
 * Never throws.
 * @param memory the machine's, for GPUs that share it
 * @param timeoutMs for each program that is asked
 * @returns NVIDIA's first, each vendor's in the order programs see them
 */
export async function probeGpus(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  if (system.platform === "darwin")
    return await notes.guard("the GPU", () => probeApple(system, memory, notes, timeoutMs), []);
  const [nvidia, others] = await Promise.all([
    notes.guard("NVIDIA's GPUs", () => probeNvidia(system, memory, notes, timeoutMs), []),
    notes.guard("the GPUs of AMD and Intel", () => probeOthers(system, memory, notes, timeoutMs), []),
  ]);
  const amd = others.filter(({ vendor }) => vendor === "amd");
  const visible = variable(system, "ROCR_VISIBLE_DEVICES") ?? variable(system, "HIP_VISIBLE_DEVICES");
  return [...nvidia, ...visibleDevices(amd, visible).devices, ...others.filter(({ vendor }) => vendor !== "amd")];
}

async function probeOthers(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  if (system.platform === "win32") return await probeWindowsGpus(system, memory, notes, timeoutMs);
  if (system.platform !== "linux") return [];
  const cards = await probeDrm(system, memory, notes);
  if (cards.some(({ vendor }) => vendor === "amd")) return cards;
  return [...(await probeAmdTools(system, notes, timeoutMs)), ...cards];
}
