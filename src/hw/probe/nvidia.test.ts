import { describe, expect, it } from "vitest";
import { fakeSystem } from "../testing/fake-system.js";
import { Notes } from "./notes.js";
import { probeNvidia } from "./nvidia.js";
import { capabilityByName, nvidiaFailure, parseMigList, parseNvidiaCsv } from "./nvidia-smi.js";
import type { Ran } from "./run.js";

const gib = 1024 ** 3;
const mib = 1024 ** 2;
const smi = "/usr/bin/nvidia-smi";
const memory = Promise.resolve({ totalBytes: 64 * gib, availableBytes: 50 * gib });

const four = ["4090", "3060", "3090", "3090"]
  .map((name, i) => `${i}, NVIDIA GeForce RTX ${name}, 24564, 20000, 580.95.05, GPU-${i}abc-def, [N/A], 8.9`)
  .join("\n");

async function probe(
  answer: (args: readonly string[]) => string | Partial<Ran>,
  options: { env?: Record<string, string>; arch?: string } = {},
) {
  const notes = new Notes();
  const env = { PATH: "/usr/bin", ...options.env };
  const system = fakeSystem({ programs: { [smi]: answer }, env, arch: options.arch ?? "x64" });
  const gpus = await probeNvidia(system, memory, notes, 1000);
  return { gpus, problems: notes.problems, ran: system.ran };
}

describe("probeNvidia", () => {
  it("reads cards", async () => {
    const line = "0, NVIDIA GeForce RTX 4090, 24564, 23657, 580.95.05, GPU-5d5b-aa, [N/A], 8.9\n";
    const { gpus, problems } = await probe(() => line);
    expect(gpus).toEqual([
      {
        index: 0,
        vendor: "nvidia",
        name: "NVIDIA GeForce RTX 4090",
        totalBytes: 24564 * mib,
        freeBytes: 23657 * mib,
        sharesMemory: false,
        computeCapability: "8.9",
        driver: "580.95.05",
      },
    ]);
    expect(problems).toEqual([]);
  });

  it("asks an old driver again without what it does not know", async () => {
    const { gpus, ran } = await probe((args) =>
      args[0]!.includes("compute_cap")
        ? { ending: "failed", stdout: 'Field "compute_cap" is not a valid field to query.\n', detail: "exit code 2" }
        : "0, Tesla V100-SXM2-16GB, 16160, 16158, 450.80.02, GPU-1, [N/A]\n",
    );
    expect(ran).toHaveLength(2);
    expect(gpus[0]).toMatchObject({ name: "Tesla V100-SXM2-16GB", computeCapability: "7.0", driver: "450.80.02" });
  });

  it("lets a GPU without memory of its own have the machine's", async () => {
    const { gpus } = await probe(() => "0, NVIDIA GB10, [N/A], [N/A], 580.126.09, GPU-1, [N/A], 12.1\n", {
      arch: "arm64",
    });
    expect(gpus[0]).toMatchObject({
      sharesMemory: true,
      totalBytes: 64 * gib,
      freeBytes: 50 * gib,
      computeCapability: "12.1",
    });
    const orin = await probe(() => "0, Orin (nvgpu), [Not Supported], [Not Supported], 540.4.0, [N/A], [N/A], 8.7\n");
    expect(orin.gpus[0]?.sharesMemory).toBe(true);
  });

  it("leaves out a card that does not tell its memory, and says what it assumes of its free memory", async () => {
    const silent = await probe(
      () => "0, NVIDIA GeForce RTX 4090, [Unknown Error], [Unknown Error], 580, GPU-1, [N/A], 8.9\n",
    );
    expect(silent.gpus).toEqual([]);
    expect(silent.problems.join()).toContain("does not tell its memory");
    const denied = await probe(
      () => "0, NVIDIA A100-SXM4-40GB, 40960, [Insufficient Permissions], 580, GPU-1, Disabled, 8.0\n",
    );
    expect(denied.gpus[0]).toMatchObject({ freeBytes: 40960 * mib });
    expect(denied.problems.join()).toContain("all of it is taken for free");
  });

  it("keeps the cards that still answer", async () => {
    const { gpus, problems } = await probe(() => ({
      ending: "failed",
      detail: "exit code 15",
      stdout: `0, NVIDIA H100 80GB HBM3, 81559, 81004, 580.95.05, GPU-1, Disabled, 9.0
Unable to determine the device handle for GPU0000:41:00.0: GPU is lost.  Reboot the system to recover this GPU\n`,
    }));
    expect(gpus).toHaveLength(1);
    expect(problems.join()).toMatch(/exit code 15.*restart the machine/);
  });

  it.each([
    [
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that",
      /is not running/,
    ],
    [18, "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.183", /restart/],
    [255, "Failed to initialize NVML: Unknown Error", /container has lost its GPUs/],
    [17, "Failed to initialize NVML: GPU access blocked by the operating system", /wsl --update/],
    [12, "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", /reinstall/],
    [4, "Failed to initialize NVML: Insufficient Permissions", /permissions/],
    [6, "No devices were found", /finds no GPU/],
    [3, "something new", /it said: something new/],
    [3, "", /printed nothing/],
  ])("tells what exit code %i and its words mean", async (code, stdout, expected) => {
    const { gpus, problems } = await probe(() => ({ ending: "failed", stdout, detail: `exit code ${code}` }));
    expect(gpus).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it.each([
    ["1", ["3060"]],
    ["2,0", ["3090", "4090"]],
    ["GPU-1", ["3060"]],
    ["gpu-0ABC,GPU-2abc-def", ["4090", "3090"]],
    ["", []],
    ["-1", []],
    ["NoDevFiles", []],
    ["0,-1,1", ["4090"]],
    ["0,9,1", ["4090"]],
    ["GPU-", []],
    ["0,0", []],
  ])("leaves what CUDA_VISIBLE_DEVICES=%s leaves", async (setting, names) => {
    const env = { CUDA_VISIBLE_DEVICES: setting, CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
    const { gpus, problems } = await probe(() => four, { env });
    expect(gpus.map(({ name }) => name.slice(-4))).toEqual(names);
    expect(problems).toHaveLength(["0,9,1", "GPU-", "0,0"].includes(setting) ? 1 : 0);
  });

  it("keeps the index of the tool, and says when CUDA may count otherwise", async () => {
    const { gpus, problems } = await probe(() => four, { env: { CUDA_VISIBLE_DEVICES: "2" } });
    expect(gpus[0]?.index).toBe(2);
    expect(problems.join()).toContain("CUDA_DEVICE_ORDER=PCI_BUS_ID");
  });

  const migCard = "0, NVIDIA A100-SXM4-40GB, 40960, 40000, 580, GPU-5d, Enabled, 8.0\n";
  const migList = `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d)
  MIG 3g.20gb     Device  0: (UUID: MIG-c738)
  MIG 1g.5gb+me   Device  1: (UUID: MIG-aaaa)
`;

  it("takes one part of a GPU that is cut into parts", async () => {
    const answer = (args: readonly string[]) => (args[0] === "-L" ? migList : migCard);
    const first = await probe(answer);
    expect(first.gpus).toHaveLength(1);
    expect(first.gpus[0]).toMatchObject({ name: "NVIDIA A100-SXM4-40GB MIG 3g.20gb", totalBytes: 19 * gib });
    expect(first.problems.join()).toContain("2 MIG instances");
    const chosen = await probe(answer, { env: { CUDA_VISIBLE_DEVICES: "MIG-aaaa" } });
    expect(chosen.gpus[0]).toMatchObject({ name: "NVIDIA A100-SXM4-40GB MIG 1g.5gb+me", totalBytes: 4 * gib });
    const empty = await probe((args) => (args[0] === "-L" ? "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d)\n" : migCard));
    expect(empty.gpus).toEqual([]);
    expect(empty.problems.join()).toContain("MIG mode without instances");
  });

  it("looks where PATH does not lead", async () => {
    const wsl = "/usr/lib/wsl/lib/nvidia-smi";
    const system = fakeSystem({ programs: { [wsl]: () => four }, env: { PATH: "/nowhere" } });
    expect(await probeNvidia(system, memory, new Notes(), 1000)).toHaveLength(4);
    const windows = fakeSystem({
      platform: "win32",
      env: { Path: "C:\\nowhere" },
      programs: { "C:\\Windows\\System32\\nvidia-smi.exe": () => four },
    });
    expect(await probeNvidia(windows, memory, new Notes(), 1000)).toHaveLength(4);
  });

  it("tells of a card without a driver", async () => {
    const files = {
      "/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
      "/sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
    };
    const notes = new Notes();
    expect(await probeNvidia(fakeSystem({ files }), memory, notes, 1000)).toEqual([]);
    expect(notes.problems.join()).toContain("no nvidia-smi");
    const none = new Notes();
    expect(await probeNvidia(fakeSystem({}), memory, none, 1000)).toEqual([]);
    expect(none.problems).toEqual([]);
  });
});

describe("reading nvidia-smi", () => {
  it("makes nothing of garbage", () => {
    expect(parseNvidiaCsv("\0\0\n,,,,,,,\n<html>\n0, a\nx, y, 1, 2, 3, 4, 5, 6\n0, [N/A], 1, 2, 3, 4, 5, 6")).toEqual(
      [],
    );
    expect(parseMigList("MIG\n  MIG x Device 0: (UUID: MIG-1)")).toEqual([]);
    expect(nvidiaFailure("all is well")).toBeUndefined();
  });

  it.each([
    ["Tesla P100-PCIE-16GB", "6.0"],
    ["NVIDIA GeForce GTX 1080 Ti", "6.1"],
    ["Tesla P40", "6.1"],
    ["Tesla V100-SXM2-32GB", "7.0"],
    ["Tesla T4", "7.5"],
    ["GeForce RTX 2080 Ti", "7.5"],
    ["NVIDIA GeForce GTX 1660 SUPER", "7.5"],
    ["Quadro RTX 8000", "7.5"],
    ["A100-SXM4-40GB", "8.0"],
    ["NVIDIA A10G", "8.6"],
    ["NVIDIA RTX A6000", "8.6"],
    ["GeForce RTX 3090", "8.6"],
    ["NVIDIA GeForce RTX 4090", "8.9"],
    ["NVIDIA L4", "8.9"],
    ["NVIDIA L40S", "8.9"],
    ["NVIDIA H100 PCIe", "9.0"],
    ["Tesla M40 24GB", "5.2"],
    ["Something", undefined],
  ])("knows the compute capability of %s", (name, expected) => {
    expect(capabilityByName(name)).toBe(expected);
  });
});
