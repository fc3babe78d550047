/** Facts of this machine. Nothing here can hang a command: what does not answer in time is left out. */
import os from "node:os";
import { readFile } from "node:fs/promises";

export interface MachineFacts {
  /** Physical cores this process may keep busy, limits of a container included; at least 1. */
  cores: number;
  /** Bytes of memory that can still be taken, limits of a container included. */
  availableMemoryBytes: number;
}

const probeTimeoutMs = 2_000;

export async function probeMachine(): Promise<MachineFacts> {
  const [physical, quota] = await Promise.all([physicalCores(), cpuQuota()]);
  const cores = Math.min(physical ?? Infinity, os.availableParallelism(), quota ?? Infinity);
  return { cores: Math.max(1, Math.floor(cores)), availableMemoryBytes: process.availableMemory() };
}

/** Hyper-threads share the units that matrix products need, so physical cores count. */
async function physicalCores(): Promise<number | undefined> {
  try {
    const { default: si } = await import("systeminformation");
    const { physicalCores: count } = await withTimeout(si.cpu(), probeTimeoutMs);
    return count > 0 ? count : undefined;
  } catch {
    return undefined;
  }
}

/** The share of CPU time a container may use, in cores (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`). */
async function cpuQuota(): Promise<number | undefined> {
  const v2 = await readFile("/sys/fs/cgroup/cpu.max", "utf8").catch(() => undefined);
  if (v2 !== undefined) return quotaInCores(...(v2.trim().split(/\s+/) as [string, string]));
  const [quota, period] = await Promise.all(
    ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) =>
      readFile(`/sys/fs/cgroup/cpu/${name}`, "utf8").catch(() => ""),
    ),
  );
  return quotaInCores(quota ?? "", period ?? "");
}

/** @returns cores, or undefined where there is no limit (`max`, -1 or unreadable) */
export function quotaInCores(quota: string, period: string): number | undefined {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : undefined;
}

function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
