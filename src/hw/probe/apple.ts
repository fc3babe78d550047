/** The GPU of Apple's own processors. */
import type { GpuFacts, MemoryFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import { readSysctl } from "./sysctl.js";
import type { System } from "./system.js";

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** Never throws. */
export async function probeApple(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  const sysctl = await readSysctl(system, notes, timeoutMs);
  const { totalBytes, availableBytes } = await memory;
  const gpu = appleGpu(
    sysctl.get("machdep.cpu.brand_string") ?? "",
    totalBytes,
    availableBytes,
    Number(sysctl.get("iogpu.wired_limit_mb") ?? 0),
  );
  if (gpu === undefined) return [];
  notes.source("gpus.0", "sysctl; its share of the memory is macOS's default or iogpu.wired_limit_mb");
  return [gpu];
}

/**
 * @param wiredLimitMib what the user set as `iogpu.wired_limit_mb`; 0 where it is the default
 * @returns undefined where the processor is not Apple's
 */
export function appleGpu(
  processor: string,
  memoryBytes: number,
  availableBytes: number,
  wiredLimitMib: number,
): GpuFacts | undefined {
  // Programs for Intel see "VirtualApple".
  if (!processor.includes("Apple")) return undefined;
  const totalBytes = wiredLimitMib > 0 ? Math.min(memoryBytes, wiredLimitMib * mib) : workingSetBytes(memoryBytes);
  return {
    index: 0,
    vendor: "apple",
    name: processor,
    totalBytes,
    freeBytes: Math.min(totalBytes, availableBytes),
    sharesMemory: true,
  };
}

/**
 * Metal's recommendedMaxWorkingSetSize, which only Metal itself tells. llama.cpp logs it, and its users' logs show two
 * thirds of the memory up to 32 GB (8: 5461 MiB, 16: 10922, 32: 21845) and three quarters above (64: 49152, 96: 73728,
 * 192: 147456); newer systems of macOS allow a little more.
 */
export function workingSetBytes(memoryBytes: number): number {
  return Math.floor(memoryBytes * (memoryBytes > 32 * gib ? 3 / 4 : 2 / 3));
}
