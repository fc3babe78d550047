import { describe, expect, it } from "vitest";
import { fakeSystem } from "../testing/fake-system.js";
import { parseMeminfo, parseVmStat, probeMemory } from "./memory.js";
import { Notes } from "./notes.js";

const gib = 1024 ** 3;
const mib = 1024 ** 2;
const meminfo = `MemTotal:       32836148 kB
MemFree:        10000000 kB
MemAvailable:   20971520 kB
`;
const v2 = {
  "/proc/meminfo": meminfo,
  "/proc/self/cgroup": "0::/app/job",
  "/proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw",
};

async function memoryOf(files: Record<string, string>) {
  const notes = new Notes();
  const memory = await probeMemory(fakeSystem({ files }), notes, 1000);
  return { memory, sources: notes.sources };
}

describe("probeMemory", () => {
  it("takes what the kernel says is available", async () => {
    const { memory, sources } = await memoryOf({ "/proc/meminfo": meminfo });
    expect(memory).toEqual({ totalBytes: 32836148 * 1024, availableBytes: 20 * gib });
    expect(sources).toEqual({
      "memory.totalBytes": "/proc/meminfo MemTotal",
      "memory.availableBytes": "/proc/meminfo MemAvailable",
    });
  });

  it("keeps to a container's limit, where caches count as free", async () => {
    const { memory, sources } = await memoryOf({
      ...v2,
      "/sys/fs/cgroup/app/job/memory.max": `${4 * gib}\n`,
      "/sys/fs/cgroup/app/job/memory.high": "max\n",
      "/sys/fs/cgroup/app/job/memory.current": `${3 * gib}\n`,
      "/sys/fs/cgroup/app/job/memory.stat": `anon ${gib}\ninactive_file ${gib}\nslab_reclaimable ${512 * mib}\n`,
    });
    expect(memory).toEqual({ totalBytes: 4 * gib, availableBytes: 2.5 * gib, limitedBy: "cgroup v2" });
    expect(sources["memory.totalBytes"]).toBe("cgroup v2 memory.max (/sys/fs/cgroup/app/job)");
  });

  it("counts the limit of a parent and what its other children use", async () => {
    const { memory } = await memoryOf({
      ...v2,
      "/sys/fs/cgroup/app/job/memory.max": `${6 * gib}`,
      "/sys/fs/cgroup/app/job/memory.current": `${gib}`,
      "/sys/fs/cgroup/app/memory.max": "max",
      "/sys/fs/cgroup/app/memory.high": `${8 * gib}`,
      "/sys/fs/cgroup/app/memory.current": `${7 * gib}`,
    });
    expect(memory).toEqual({ totalBytes: 6 * gib, availableBytes: gib, limitedBy: "cgroup v2" });
  });

  it("reads version 1, where no limit is a number, too", async () => {
    const v1 = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "4:memory:/a/b\n0::/",
      "/proc/self/mountinfo": "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
    };
    expect((await memoryOf(v1)).memory.limitedBy).toBeUndefined();
    const limited = await memoryOf({
      ...v1,
      "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": `${2 * gib}\n`,
      "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": `${gib}\n`,
      "/sys/fs/cgroup/memory/a/memory.stat": `inactive_file 5\ntotal_inactive_file ${256 * mib}\n`,
    });
    expect(limited.memory).toEqual({ totalBytes: 2 * gib, availableBytes: 1.25 * gib, limitedBy: "cgroup v1" });
  });

  it("is not told of a limit above what the machine has", async () => {
    const { memory } = await memoryOf({ ...v2, "/sys/fs/cgroup/app/memory.max": `${64 * gib}` });
    expect(memory).toEqual({ totalBytes: 32836148 * 1024, availableBytes: 20 * gib });
  });

  it("never goes below nothing", async () => {
    const { memory } = await memoryOf({
      ...v2,
      "/sys/fs/cgroup/memory.max": `${gib}`,
      "/sys/fs/cgroup/memory.current": `${2 * gib}`,
    });
    expect(memory.availableBytes).toBe(0);
  });

  it("adds up what macOS gives back at once", async () => {
    const vmStat = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            200000.
Pages inactive:                          100000.
Pages speculative:                         5000.
Pages throttled:                              0.
Pages wired down:                         90000.
Pages purgeable:                           1000.
`;
    const programs = { "/usr/sbin/sysctl": () => "hw.memsize: 17179869184\n", "/usr/bin/vm_stat": () => vmStat };
    const system = fakeSystem({ platform: "darwin", programs, freeBytes: 1 });
    expect(await probeMemory(system, new Notes(), 1000)).toEqual({
      totalBytes: 16 * gib,
      availableBytes: 116_000 * 16384,
    });
    const notes = new Notes();
    expect(await probeMemory(fakeSystem({ platform: "darwin" }), notes, 1000)).toMatchObject({
      availableBytes: 8 * gib,
    });
    expect(notes.problems.join()).toContain("vm_stat");
  });

  it("asks Node elsewhere", async () => {
    const system = fakeSystem({ platform: "win32", totalBytes: 32 * gib, freeBytes: 20 * gib });
    expect(await probeMemory(system, new Notes(), 1000)).toEqual({ totalBytes: 32 * gib, availableBytes: 20 * gib });
  });

  it("makes nothing of garbage", () => {
    expect(parseMeminfo("\0garbage")).toEqual({});
    expect(parseMeminfo("MemFree: 1 kB")).toEqual({ availableBytes: 1024 });
    expect(parseVmStat("garbage")).toBeUndefined();
  });
});
