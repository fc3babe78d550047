import { describe, expect, it } from "vitest";
import { fakeSystem } from "../testing/fake-system.js";
import { cgroupPaths } from "./cgroup.js";
import { probeCpu, quotaInCores } from "./cpu.js";
import { parseCpuinfo, parseCpuList } from "./cpuinfo.js";
import { Notes } from "./notes.js";
import { simdFrom, simdFromLlama } from "./simd.js";

const v2Mount = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate";

/** Two cores with two threads each. */
const intel = [0, 1, 2, 3]
  .map(
    (id) => `processor\t: ${id}
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) CPU @ 2.20GHz
physical id\t: 0
core id\t\t: ${id % 2}
flags\t\t: fpu sse4_2 avx avx2 f16c fma avx512f avx512_vnni`,
  )
  .join("\n\n");

const raspberry = `processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0b

processor\t: 1
Features\t: fp asimd
CPU implementer\t: 0x41
CPU part\t: 0xd0b

Revision\t: d04170
Model\t\t: Raspberry Pi 5 Model B Rev 1.0
`;

describe("probeCpu", () => {
  it("counts physical cores and knows the instruction sets", async () => {
    const notes = new Notes();
    const cpu = await probeCpu(fakeSystem({ logicalCores: 4, files: { "/proc/cpuinfo": intel } }), notes, 1000);
    expect(cpu).toEqual({
      model: "Intel(R) Xeon(R) CPU @ 2.20GHz",
      physicalCores: 2,
      logicalCores: 4,
      usableCores: 2,
      simd: ["sse4_2", "avx", "avx2", "f16c", "fma", "avx512f", "avx512_vnni"],
    });
    expect(notes.sources["cpu.usableCores"]).toBe("physical cores (/proc/cpuinfo)");
  });

  it("counts the cores an affinity leaves, not its threads", async () => {
    const files = { "/proc/cpuinfo": intel, "/proc/self/status": "Name:\tnode\nCpus_allowed_list:\t0,2\n" };
    const system = fakeSystem({ logicalCores: 4, availableParallelism: 2, files });
    expect((await probeCpu(system, new Notes(), 1000)).usableCores).toBe(1);
  });

  it("keeps to the smallest limit between its group and the root", async () => {
    const files = {
      "/proc/cpuinfo": intel.replaceAll("core id\t\t: 0", "core id\t\t: 2"),
      "/proc/self/cgroup": "0::/kubepods.slice/pod1/container",
      "/proc/self/mountinfo": v2Mount,
      "/sys/fs/cgroup/kubepods.slice/pod1/container/cpu.max": "max 100000",
      "/sys/fs/cgroup/kubepods.slice/pod1/cpu.max": "150000 100000",
      "/sys/fs/cgroup/kubepods.slice/cpu.max": "6000000 100000",
    };
    const notes = new Notes();
    expect((await probeCpu(fakeSystem({ logicalCores: 4, files }), notes, 1000)).usableCores).toBe(1);
    expect(notes.sources["cpu.usableCores"]).toBe("cgroup v2 cpu.max (/sys/fs/cgroup/kubepods.slice/pod1)");
  });

  it("leaves slow cores out", async () => {
    const files = {
      "/proc/cpuinfo": [0, 1, 2, 3, 4, 5]
        .map((id) => `processor : ${id}\nphysical id : 0\ncore id : ${id < 4 ? id >> 1 : id * 4}\nflags : avx2`)
        .join("\n\n"),
      "/sys/devices/cpu_core/cpus": "0-3\n",
      "/proc/self/status": "Cpus_allowed_list:\t0-5\n",
    };
    expect(await probeCpu(fakeSystem({ logicalCores: 6, files }), new Notes(), 1000)).toMatchObject({
      physicalCores: 4,
      usableCores: 2,
    });
  });

  it("reads a board with ARM cores", async () => {
    const files = { "/proc/cpuinfo": raspberry };
    expect(await probeCpu(fakeSystem({ arch: "arm64", logicalCores: 2, files }), new Notes(), 1000)).toMatchObject({
      model: "Raspberry Pi 5 Model B Rev 1.0 (Cortex-A76)",
      physicalCores: 2,
      usableCores: 2,
      simd: ["neon", "dotprod"],
    });
  });

  it("asks sysctl on a Mac, and takes its fast cores", async () => {
    const programs = {
      // It also complains of keys this Mac does not have, and fails.
      "/usr/sbin/sysctl": () => ({
        ending: "failed" as const,
        stdout:
          "machdep.cpu.brand_string: Apple M2\nhw.physicalcpu: 8\nhw.perflevel0.physicalcpu: 4\nhw.optional.AdvSIMD: 1\nhw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_I8MM: 1\n",
        stderr: "sysctl: unknown oid 'machdep.cpu.features'",
      }),
    };
    const notes = new Notes();
    const cpu = await probeCpu(fakeSystem({ platform: "darwin", arch: "arm64", programs }), notes, 1000);
    expect(cpu).toMatchObject({
      model: "Apple M2",
      physicalCores: 8,
      usableCores: 4,
      simd: ["neon", "dotprod", "i8mm"],
    });
    expect(notes.problems).toEqual([]);
  });

  it("asks systeminformation on Windows", async () => {
    const answer = { cpu: { manufacturer: "AMD", brand: "Ryzen 7 5800X", physicalCores: 8, flags: "" } };
    const programs = { [process.execPath]: () => JSON.stringify(answer) };
    const system = fakeSystem({ platform: "win32", logicalCores: 16, programs });
    expect(await probeCpu(system, new Notes(), 1000)).toMatchObject({
      model: "AMD Ryzen 7 5800X",
      physicalCores: 8,
      usableCores: 8,
      simd: [],
    });
  });

  it("takes what Node tells where nothing else does, and says so", async () => {
    const notes = new Notes();
    const windows = fakeSystem({ platform: "win32", logicalCores: 16, availableParallelism: 12 });
    expect(await probeCpu(windows, notes, 1000)).toMatchObject({ physicalCores: 16, usableCores: 12 });
    expect(notes.problems.join()).toContain("systeminformation did not tell of cpu");
    expect(await probeCpu(fakeSystem({ logicalCores: 0 }), new Notes(), 1000)).toMatchObject({
      physicalCores: 1,
      usableCores: 1,
    });
  });
});

describe("cgroupPaths", () => {
  it("finds the group below what is mounted, in both versions", () => {
    const cgroup = "4:memory:/process_api/01e3\n1:cpu,cpuacct:/\n0::/\n";
    const mountinfo = `35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
38 31 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`;
    expect(cgroupPaths(cgroup, mountinfo, "memory")).toEqual([
      {
        version: 1,
        folders: [
          "/sys/fs/cgroup/memory/process_api/01e3",
          "/sys/fs/cgroup/memory/process_api",
          "/sys/fs/cgroup/memory",
        ],
      },
      { version: 2, folders: ["/sys/fs/cgroup/unified"] },
    ]);
  });

  it("takes the mount for the group where a container sees no more", () => {
    const docker = "7:memory:/docker/abc/inner\n";
    const mount = "40 39 0:35 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
    expect(cgroupPaths(docker, mount, "memory")[0]!.folders).toEqual([
      "/sys/fs/cgroup/memory/inner",
      "/sys/fs/cgroup/memory",
    ]);
    expect(cgroupPaths("7:memory:/elsewhere\n", mount, "memory")[0]!.folders).toEqual(["/sys/fs/cgroup/memory"]);
    expect(cgroupPaths("0::/../../other\n", v2Mount, "memory")[0]!.folders).toEqual(["/sys/fs/cgroup"]);
  });

  it("reads names with blanks, and nothing from nothing", () => {
    const mount = String.raw`31 23 0:28 / /my\040cgroup rw - cgroup2 cgroup rw`;
    expect(cgroupPaths("0::/a", mount, "cpu")[0]!.folders).toEqual(["/my cgroup/a", "/my cgroup"]);
    expect(cgroupPaths("", "", "cpu")).toEqual([]);
    expect(cgroupPaths("garbage\n::\n0::/", "garbage - \n1 2 3", "cpu")).toEqual([]);
  });
});

describe("quotaInCores", () => {
  it("reads the limits of a container", () => {
    expect(quotaInCores("150000", "100000")).toBe(1.5);
    expect(quotaInCores("max", "100000")).toBeUndefined();
    expect(quotaInCores("-1", "100000")).toBeUndefined();
    expect(quotaInCores("", "")).toBeUndefined();
  });
});

describe("reading processors", () => {
  it("reads lists of processors", () => {
    expect(parseCpuList("0-3,8,10-11\n")).toEqual([0, 1, 2, 3, 8, 10, 11]);
    expect(parseCpuList("")).toEqual([]);
  });

  it("knows cores of two sockets apart", () => {
    const text = "processor : 0\nphysical id : 0\ncore id : 0\n\nprocessor : 1\nphysical id : 1\ncore id : 0\n";
    expect(new Set(parseCpuinfo(text).coreOf.values()).size).toBe(2);
    expect(parseCpuinfo("").processors).toEqual([]);
  });

  it("gives instruction sets one name each", () => {
    expect(simdFrom(["AVX1.0", "SSE4.2", "AVX2", "FMA", "asimd", "i8mm", "3dnow"])).toEqual([
      "sse4_2",
      "avx",
      "avx2",
      "fma",
      "neon",
      "i8mm",
    ]);
    expect(simdFromLlama("CPU : SSE3 = 1 | AVX = 1 | AVX2 = 1 | AVX512 = 0 | AMX_INT8 = 1 | REPACK = 1 |")).toEqual([
      "avx",
      "avx2",
      "amx_tile",
      "amx_int8",
    ]);
  });
});
