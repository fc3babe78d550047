import { describe, expect, it } from "vitest";
import { type FakeMachine, fakeSystem } from "../testing/fake-system.js";
import { parseAmdSmi, parseRocmSmi } from "./amd-smi.js";
import { appleGpu, workingSetBytes } from "./apple.js";
import { graphicsFact } from "./graphics.js";
import { probeGpus } from "./gpus.js";
import { Notes } from "./notes.js";
import { parseAdapter } from "./windows-gpus.js";

const gib = 1024 ** 3;
const mib = 1024 ** 2;

async function probe(machine: FakeMachine) {
  const notes = new Notes();
  const memory = Promise.resolve({ totalBytes: 32 * gib, availableBytes: 20 * gib });
  const gpus = await probeGpus(fakeSystem(machine), memory, notes, 1000);
  return { gpus, problems: notes.problems, sources: notes.sources };
}

const card = (number: number, files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`/sys/class/drm/card${number}/device/${name}`, `${text}\n`]),
  );
const rx7900 = card(1, {
  vendor: "0x1002",
  device: "0x744c",
  revision: "0xc8",
  mem_info_vram_total: "25753026560",
  mem_info_vram_used: "1195118592",
  mem_info_gtt_total: "33616596992",
  mem_busy_percent: "0",
});
const apu = card(0, {
  vendor: "0x1002",
  device: "0x15e7",
  mem_info_vram_total: String(512 * mib),
  mem_info_vram_used: String(300 * mib),
  mem_info_gtt_total: String(16 * gib),
});
const render = { "/dev/dri/renderD128": "" };

describe("cards of AMD and Intel on Linux", () => {
  it("reads an AMD card's own memory", async () => {
    const { gpus, problems } = await probe({ files: { ...rx7900, ...render, "/sys/class/drm/card1-DP-1/status": "" } });
    expect(gpus).toEqual([
      {
        index: 0,
        vendor: "amd",
        name: "AMD Radeon RX 7900 XTX",
        totalBytes: 25753026560,
        freeBytes: 25753026560 - 1195118592,
        sharesMemory: false,
      },
    ]);
    expect(problems).toEqual([]);
  });

  it("tells an integrated one, which has the machine's memory", async () => {
    const { gpus } = await probe({ files: { ...apu, ...rx7900, ...render } });
    expect(gpus.map(({ sharesMemory }) => sharesMemory)).toEqual([true, false]);
    expect(gpus[0]).toMatchObject({ name: "AMD GPU 0x15e7", totalBytes: 16.5 * gib, freeBytes: 16.5 * gib });
    const one = await probe({ files: { ...apu, ...rx7900, ...render }, env: { HIP_VISIBLE_DEVICES: "1" } });
    expect(one.gpus).toHaveLength(1);
  });

  it("does not count cards that a container cannot reach", async () => {
    const { gpus, problems } = await probe({ files: rx7900 });
    expect(gpus).toEqual([]);
    expect(problems.join()).toContain("--device /dev/dri");
  });

  it("reads Intel's cards by the size of their region", async () => {
    const arc = (resource: string) => ({
      ...card(0, { vendor: "0x8086", device: "0x56a0", resource }),
      ...render,
    });
    const large = await probe({ files: arc("0x84000000 0x84ffffff 0x1\n0x4000000000 0x43ffffffff 0x2") });
    expect(large.gpus[0]).toMatchObject({ name: "Intel Arc A770", totalBytes: 16 * gib, sharesMemory: false });
    expect(large.problems.join()).toContain("all of it is taken for free");
    const window = await probe({ files: arc("0x4000000000 0x400fffffff 0x2") });
    expect(window.gpus[0]?.totalBytes).toBe(8 * gib);
  });

  it("gives Intel's integrated graphics their share", async () => {
    const files = { ...card(0, { vendor: "0x8086", device: "0x9a49", resource: "garbage" }), ...render };
    const { gpus, problems } = await probe({ files });
    expect(gpus[0]).toMatchObject({ sharesMemory: true, totalBytes: 24 * gib, freeBytes: 20 * gib });
    expect(problems).toEqual([]);
  });

  it("leaves out what cannot compute", async () => {
    const files = { ...card(0, { vendor: "0x1a03", device: "0x2000" }), ...card(1, { vendor: "0x1002" }), ...render };
    expect((await probe({ files })).gpus).toEqual([]);
  });
});

describe("AMD's tools", () => {
  const named = `WARNING: User is missing the following required groups: render
{"gpu_data": [
  {"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X"}, "vram": {"type": "HBM3", "size": {"value": 196592, "unit": "MB"}}},
  {"gpu": 1, "asic": "N/A", "vram": {"size": "N/A"}}]}`;
  const used =
    '[{"gpu": 0, "mem_usage": {"total_vram": {"value": 196592, "unit": "MB"}, "used_vram": {"value": 285, "unit": "MB"}}}]';

  it("reads amd-smi, with warnings before and a list or an object", () => {
    expect(parseAmdSmi(named, used)).toEqual([
      {
        index: 0,
        vendor: "amd",
        name: "AMD Instinct MI300X",
        totalBytes: 196592 * mib,
        freeBytes: (196592 - 285) * mib,
        sharesMemory: false,
      },
    ]);
    expect(parseAmdSmi(named, "no answer")[0]?.freeBytes).toBe(196592 * mib);
    expect(parseAmdSmi("", used)).toEqual([]);
  });

  it("reads rocm-smi", () => {
    const text =
      '{"card0": {"Card Series": "Radeon RX 7900 XT", "VRAM Total Memory (B)": "21458059264", "VRAM Total Used Memory (B)": "27856896"}, "system": {"Driver version": "6.10"}}';
    expect(parseRocmSmi(text)).toMatchObject([
      { name: "Radeon RX 7900 XT", totalBytes: 21458059264, freeBytes: 21458059264 - 27856896 },
    ]);
    expect(parseRocmSmi('{"card0": {"VRAM Total Memory (B)": "N/A"}}')).toEqual([]);
    expect(parseRocmSmi("Traceback")).toEqual([]);
    expect(parseRocmSmi("[1]")).toEqual([]);
  });

  it("are asked where Linux's files tell nothing", async () => {
    const programs = {
      "/opt/rocm/bin/amd-smi": (args: readonly string[]) => (args[0] === "static" ? named : used),
    };
    const { gpus, sources } = await probe({ programs });
    expect(gpus).toHaveLength(1);
    expect(sources["gpus.amd.0"]).toBe("/opt/rocm/bin/amd-smi");
    const rocm = await probe({
      programs: {
        "/opt/rocm/bin/amd-smi": () => ({ ending: "timeout", detail: "no answer within 1 s" }),
        "/opt/rocm/bin/rocm-smi": () => ({ ending: "failed", detail: "exit code 2" }),
      },
    });
    expect(rocm.gpus).toEqual([]);
    expect(rocm.problems).toHaveLength(2);
  });
});

describe("Apple's GPU", () => {
  it("may use what Metal allows", () => {
    // As llama.cpp's users' logs have it.
    expect(Math.floor(workingSetBytes(16 * gib) / mib)).toBe(10922);
    expect(Math.floor(workingSetBytes(32 * gib) / mib)).toBe(21845);
    expect(workingSetBytes(96 * gib) / mib).toBe(73728);
    expect(appleGpu("Apple M3 Max", 64 * gib, 30 * gib, 0)).toMatchObject({
      name: "Apple M3 Max",
      totalBytes: 48 * gib,
      freeBytes: 30 * gib,
      sharesMemory: true,
    });
    expect(appleGpu("Apple M3 Max", 64 * gib, 60 * gib, 57344)?.totalBytes).toBe(56 * gib);
    expect(appleGpu("Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", 16 * gib, 8 * gib, 0)).toBeUndefined();
  });

  it("is found by sysctl", async () => {
    const programs = { "/usr/sbin/sysctl": () => "machdep.cpu.brand_string: Apple M2\niogpu.wired_limit_mb: 0\n" };
    const { gpus } = await probe({ platform: "darwin", arch: "arm64", programs });
    expect(gpus).toMatchObject([{ vendor: "apple", name: "Apple M2" }]);
  });
});

describe("cards on Windows", () => {
  const key = (name: string, size: string) => `
HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0000
    DriverDesc    REG_SZ    ${name}
    ProviderName    REG_SZ    Advanced Micro Devices, Inc.
    HardwareInformation.qwMemorySize    REG_QWORD    ${size}
`;

  it("are read from the registry", async () => {
    expect(parseAdapter(key("AMD Radeon RX 7900 XTX", "0x5fe000000"))).toEqual({
      vendor: "amd",
      name: "AMD Radeon RX 7900 XTX",
      bytes: 0x5fe000000,
    });
    expect(parseAdapter("ERROR: The system was unable to find the specified registry key or value.")).toBeUndefined();
    const adapters = [
      key("NVIDIA GeForce RTX 4070", "0x2ff000000"),
      key("AMD Radeon RX 7900 XTX", "0x5fe000000"),
      key("Intel(R) UHD Graphics 770", "0x8000000"),
      "",
    ];
    const programs = {
      "C:\\Windows\\System32\\reg.exe": (args: readonly string[]) => adapters[Number(args[1]!.slice(-4))]!,
    };
    const { gpus, problems } = await probe({ platform: "win32", programs });
    expect(gpus.map(({ name, sharesMemory }) => [name, sharesMemory])).toEqual([
      ["AMD Radeon RX 7900 XTX", false],
      ["Intel(R) UHD Graphics 770", true],
    ]);
    expect(problems).toEqual([]);
    expect((await probe({ platform: "win32" })).problems.join()).toContain("registry");
  });
});

describe("graphics by systeminformation", () => {
  it("are taken as they are", () => {
    const intel = { vendor: "Intel", model: "Intel UHD Graphics 630", vram: 1536, vramDynamic: true };
    expect(graphicsFact(intel, 0, gib)).toMatchObject({ vendor: "intel", totalBytes: 1.5 * gib, freeBytes: gib });
    expect(graphicsFact({}, 1, gib)).toMatchObject({ vendor: "other", totalBytes: 0, name: "GPU" });
  });
});
