/** Facts of the processor: what it is, and how much of it this process may use. */
import type { CpuFacts } from "../facts.js";
import { cgroupPaths } from "./cgroup.js";
import { parseCpuinfo, parseCpuList } from "./cpuinfo.js";
import type { Notes } from "./notes.js";
import { simdFrom } from "./simd.js";
import { readSysctl, type Sysctl } from "./sysctl.js";
import type { System } from "./system.js";
import { askSystemInformation } from "./system-information.js";

interface Cores {
  model: string;
  physical: number | undefined;
  /** Physical cores among those this process may run on, efficiency cores left out. */
  allowed: number | undefined;
  flags: readonly string[];
  from: string;
}

/** Never throws; what cannot be found out is left at what Node tells. */
export async function probeCpu(system: System, notes: Notes, timeoutMs: number): Promise<CpuFacts> {
  const logical = system.logicalCores();
  const [cores, quota] = await Promise.all([readCores(system, notes, timeoutMs), cpuQuota(system)]);
  const parallel = system.availableParallelism();
  const physicalCores = cores.physical ?? Math.max(1, logical.count);
  const limits: [number, string][] = [
    [physicalCores, `physical cores (${cores.from})`],
    [parallel, "the affinity of this process"],
  ];
  if (cores.allowed !== undefined) limits.push([cores.allowed, `cores this process may run on (${cores.from})`]);
  if (quota !== undefined) limits.push([quota.cores, quota.from]);
  const [usable, from] = limits.reduce((least, limit) => (limit[0] < least[0] ? limit : least));
  const simd = simdFrom(cores.flags);
  notes.source("cpu.model", cores.from);
  notes.source("cpu.physicalCores", cores.physical === undefined ? "not told; logical cores taken" : cores.from);
  notes.source("cpu.logicalCores", "the operating system");
  notes.source("cpu.usableCores", from);
  notes.source("cpu.simd", simd.length === 0 ? "not told" : cores.from);
  return {
    model: (cores.model === "" ? logical.model : cores.model).replace(/\s+/g, " ").trim(),
    physicalCores,
    logicalCores: Math.max(1, logical.count),
    usableCores: Math.max(1, Math.floor(usable)),
    simd,
  };
}

async function readCores(system: System, notes: Notes, timeoutMs: number): Promise<Cores> {
  if (system.platform === "linux") return await linuxCores(system);
  if (system.platform === "darwin") return macCores(await readSysctl(system, notes, timeoutMs));
  // Matrix products need the units that hyper-threads share, so physical cores are asked for, which takes a while.
  const told = await askSystemInformation(system, ["cpu"], notes, timeoutMs);
  const physical = told?.cpu?.physicalCores;
  return {
    model: [told?.cpu?.manufacturer, told?.cpu?.brand].filter(Boolean).join(" "),
    physical: physical !== undefined && physical > 0 ? physical : undefined,
    allowed: undefined,
    flags: told?.cpu?.flags?.split(/\s+/) ?? [],
    from: "systeminformation",
  };
}

async function linuxCores(system: System): Promise<Cores> {
  const [cpuinfo = "", status = "", performance] = await Promise.all([
    system.readText("/proc/cpuinfo"),
    system.readText("/proc/self/status"),
    // Only processors with two kinds of cores have it.
    system.readText("/sys/devices/cpu_core/cpus"),
  ]);
  const { model, flags, coreOf, processors } = parseCpuinfo(cpuinfo);
  if (coreOf.size === 0)
    // On ARM the file does not say which processors share a core.
    await Promise.all(
      processors.map(async (id) => {
        const shared = await system.readText(`/sys/devices/system/cpu/cpu${id}/topology/thread_siblings_list`);
        coreOf.set(id, shared?.trim() ?? String(id));
      }),
    );
  const allowedList = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  let allowed = allowedList === undefined ? processors : parseCpuList(allowedList);
  let from = "/proc/cpuinfo";
  if (performance !== undefined) {
    // Threads of a step wait for the slowest, so efficiency cores would hold the others up.
    const fast = new Set(parseCpuList(performance));
    const both = allowed.filter((id) => fast.has(id));
    if (both.length > 0) {
      allowed = both;
      from = "/proc/cpuinfo, efficiency cores left out";
    }
  }
  const count = (ids: readonly number[]) => new Set(ids.map((id) => coreOf.get(id)).filter(Boolean)).size;
  const physical = count(processors);
  const usable = count(allowed);
  return {
    model,
    physical: physical === 0 ? undefined : physical,
    allowed: usable === 0 ? undefined : usable,
    flags,
    from,
  };
}

function macCores(sysctl: Sysctl): Cores {
  const number = (key: string) => {
    const value = Number(sysctl.get(key));
    return value > 0 ? value : undefined;
  };
  const optional = [...sysctl].filter(([key, value]) => key.startsWith("hw.optional.") && value === "1");
  const words = ["machdep.cpu.features", "machdep.cpu.leaf7_features"].flatMap(
    (key) => sysctl.get(key)?.split(/\s+/) ?? [],
  );
  return {
    model: sysctl.get("machdep.cpu.brand_string") ?? "",
    physical: number("hw.physicalcpu"),
    // Performance cores, which is what llama.cpp takes by itself.
    allowed: number("hw.perflevel0.physicalcpu"),
    flags: [...optional.map(([key]) => key), ...words],
    from: "sysctl",
  };
}

/** The share of CPU time a container may use, in cores: the smallest limit from the own group up to the root. */
async function cpuQuota(system: System): Promise<{ cores: number; from: string } | undefined> {
  if (system.platform !== "linux") return undefined;
  const [cgroup = "", mountinfo = ""] = await Promise.all([
    system.readText("/proc/self/cgroup"),
    system.readText("/proc/self/mountinfo"),
  ]);
  const limits = await Promise.all(
    cgroupPaths(cgroup, mountinfo, "cpu").flatMap(({ version, folders }) =>
      folders.map(async (folder) => {
        const [quota, period] =
          version === 2
            ? ((await system.readText(`${folder}/cpu.max`)) ?? "").trim().split(/\s+/)
            : await Promise.all(
                ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) => system.readText(`${folder}/${name}`)),
              );
        const cores = quotaInCores(quota ?? "", period ?? "");
        const name = version === 2 ? "cpu.max" : "cpu.cfs_quota_us";
        return cores === undefined ? undefined : { cores, from: `cgroup v${version} ${name} (${folder})` };
      }),
    ),
  );
  return limits.reduce(
    (least, limit) => (limit !== undefined && (least === undefined || limit.cores < least.cores) ? limit : least),
    undefined,
  );
}

/** @returns cores, or undefined where there is no limit (`max`, -1 or unreadable) */
export function quotaInCores(quota: string, period: string): number | undefined {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : undefined;
}
