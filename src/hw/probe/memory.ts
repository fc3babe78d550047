/** Facts of the machine's memory, limits of a container included. */
import type { MemoryFacts } from "../facts.js";
import { cgroupPaths } from "./cgroup.js";
import type { Notes } from "./notes.js";
import { readSysctl } from "./sysctl.js";
import type { System } from "./system.js";

/** Never throws; what cannot be found out is left at what Node tells. */
export async function probeMemory(system: System, notes: Notes, timeoutMs: number): Promise<MemoryFacts> {
  if (system.platform === "linux") return await linuxMemory(system, notes);
  const told = system.memory();
  notes.source("memory.totalBytes", "the operating system");
  notes.source("memory.availableBytes", "the operating system");
  if (system.platform === "darwin") {
    const [sysctl, pages] = await Promise.all([
      readSysctl(system, notes, timeoutMs),
      system.run("/usr/bin/vm_stat", [], { timeoutMs }),
    ]);
    const totalBytes = Number(sysctl.get("hw.memsize")) || told.totalBytes;
    const available = parseVmStat(pages.stdout);
    if (available === undefined) notes.problem(`vm_stat did not tell the free memory: ${pages.detail}`);
    else notes.source("memory.availableBytes", "vm_stat");
    return { totalBytes, availableBytes: Math.min(totalBytes, available ?? told.freeBytes) };
  }
  return { totalBytes: told.totalBytes, availableBytes: told.freeBytes };
}

async function linuxMemory(system: System, notes: Notes): Promise<MemoryFacts> {
  const [meminfo = "", cgroup = "", mountinfo = ""] = await Promise.all(
    ["/proc/meminfo", "/proc/self/cgroup", "/proc/self/mountinfo"].map((file) => system.readText(file)),
  );
  const told = parseMeminfo(meminfo);
  const node = system.memory();
  let totalBytes = told.totalBytes ?? node.totalBytes;
  let availableBytes = told.availableBytes ?? node.freeBytes;
  notes.source("memory.totalBytes", "/proc/meminfo MemTotal");
  notes.source("memory.availableBytes", "/proc/meminfo MemAvailable");
  let limitedBy: MemoryFacts["limitedBy"];
  const groups = cgroupPaths(cgroup, mountinfo, "memory").flatMap(({ version, folders }) =>
    folders.map((folder) => readGroup(system, version, folder)),
  );
  for (const group of await Promise.all(groups)) {
    if (group === undefined) continue;
    if (group.limitBytes < totalBytes) {
      totalBytes = group.limitBytes;
      limitedBy = group.version === 1 ? "cgroup v1" : "cgroup v2";
      notes.source("memory.totalBytes", group.from);
    }
    const left = Math.max(0, group.limitBytes - group.usedBytes);
    if (left < availableBytes) {
      availableBytes = left;
      notes.source("memory.availableBytes", `${group.from} less what is used`);
    }
  }
  return { totalBytes, availableBytes, ...(limitedBy === undefined ? {} : { limitedBy }) };
}

interface Group {
  version: 1 | 2;
  limitBytes: number;
  /** Bytes in use that cannot be taken back at once. */
  usedBytes: number;
  from: string;
}

/** @returns undefined where the group sets no limit */
async function readGroup(system: System, version: 1 | 2, folder: string): Promise<Group | undefined> {
  const names =
    version === 2
      ? ["memory.max", "memory.high", "memory.current", "memory.stat"]
      : ["memory.limit_in_bytes", "", "memory.usage_in_bytes", "memory.stat"];
  const [hard, soft, current, stat] = await Promise.all(
    names.map(async (name) => (name === "" ? undefined : await system.readText(`${folder}/${name}`))),
  );
  const limits = [hard, soft].map(parseLimit);
  const limitBytes = Math.min(...limits.map((limit) => limit ?? Infinity));
  if (!Number.isFinite(limitBytes)) return undefined;
  const used = Number(current?.trim() ?? NaN);
  return {
    version,
    limitBytes,
    usedBytes: Number.isFinite(used) ? Math.max(0, used - reclaimable(stat ?? "", version)) : 0,
    from: `cgroup v${version} ${names[limitBytes === limits[0] ? 0 : 1]!} (${folder})`,
  };
}

/** Version 1 writes a limit of almost 2^63 where there is none, version 2 `max`. */
function parseLimit(text: string | undefined): number | undefined {
  const limit = Number(text?.trim() || NaN);
  return Number.isFinite(limit) && limit >= 0 && limit < 2 ** 62 ? limit : undefined;
}

/** Bytes of caches that the kernel gives back when they are needed. */
function reclaimable(stat: string, version: 1 | 2): number {
  const bytes = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  return version === 2 ? bytes("inactive_file") + bytes("slab_reclaimable") : bytes("total_inactive_file");
}

/** @param text of `/proc/meminfo` */
export function parseMeminfo(text: string): { totalBytes?: number; availableBytes?: number } {
  const bytes = (name: string) => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  };
  const totalBytes = bytes("MemTotal");
  const availableBytes = bytes("MemAvailable") ?? bytes("MemFree");
  return {
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(availableBytes === undefined ? {} : { availableBytes }),
  };
}

/**
 * What Node calls free on macOS leaves out all that the system gives back at once.
 * @param text of `vm_stat`
 * @returns bytes of free, inactive, speculative and purgeable pages
 */
export function parseVmStat(text: string): number | undefined {
  const pageSize = /page size of (\d+) bytes/.exec(text)?.[1];
  if (pageSize === undefined) return undefined;
  const pages = (name: string) => Number(new RegExp(`^Pages ${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  const count = ["free", "inactive", "speculative", "purgeable"].reduce((sum, name) => sum + pages(name), 0);
  return count * Number(pageSize);
}
