/** Reads what nvidia-smi prints. */
import type { GpuFacts } from "../facts.js";

/** Fields in the order they are asked for; drivers before 495 do not know the second list's addition. */
export const basicFields = [
  "index",
  "name",
  "memory.total",
  "memory.free",
  "driver_version",
  "uuid",
  "mig.mode.current",
];
export const allFields = [...basicFields, "compute_cap"];

export interface NvidiaGpu {
  index: number;
  name: string;
  uuid: string;
  driver: string;
  computeCapability?: string;
  /** Undefined where the driver does not say. */
  totalBytes: number | undefined;
  freeBytes: number | undefined;
  /** It is cut into parts that take its place. */
  mig: boolean;
}

const mib = 1024 ** 2;

/**
 * Lines that are no GPU (warnings, a lost card) are left out.
 * @param text of `nvidia-smi --query-gpu=... --format=csv,noheader,nounits` with the fields above
 */
export function parseNvidiaCsv(text: string): NvidiaGpu[] {
  return text.split("\n").flatMap((line) => {
    const cells = line.split(",").map((cell) => cell.trim());
    const [index, name, total, free, driver, uuid, mig, capability] = cells;
    if (cells.length < basicFields.length || index === undefined || !/^\d+$/.test(index)) return [];
    if (name === undefined || name === "" || isAbsent(name)) return [];
    const cc = capability === undefined || isAbsent(capability) ? capabilityByName(name) : capability;
    return [
      {
        index: Number(index),
        name,
        uuid: uuid === undefined || isAbsent(uuid) ? "" : uuid,
        driver: driver === undefined || isAbsent(driver) ? "" : driver,
        ...(cc === undefined ? {} : { computeCapability: cc }),
        totalBytes: mebibytes(total),
        freeBytes: mebibytes(free),
        mig: mig === "Enabled",
      },
    ];
  });
}

/** `[N/A]`, `[Not Supported]`, `[Insufficient Permissions]`, `[Unknown Error]`, `[GPU is lost]`, ... */
function isAbsent(cell: string): boolean {
  return cell === "" || /^\[.*\]$|^N\/A$|^Not Supported$/i.test(cell);
}

function mebibytes(cell: string | undefined): number | undefined {
  const match = /^(\d+)(?: MiB)?$/.exec(cell ?? "");
  return match === null ? undefined : Number(match[1]) * mib;
}

/** For drivers that do not tell it: what they know has been on the market by then. First match counts. */
const capabilities: readonly [RegExp, string][] = [
  [/H100|H200|H800|GH200/, "9.0"],
  [/RTX 40\d\d|RTX \d000 (SFF )?Ada|\bL4\b|\bL40S?\b|\bL20\b/, "8.9"],
  [/A100|A800|A30\b/, "8.0"],
  [/RTX 30\d\d|RTX A\d{3,4}|\bA10G?\b|\bA16\b|\bA40\b|\bA2\b/, "8.6"],
  [/RTX 20\d\d|TITAN RTX|Quadro RTX|GTX 16\d\d|\bT4\b|\bT[146]00\b|\bT1000\b/, "7.5"],
  [/V100|TITAN V|GV100/, "7.0"],
  [/P100|GP100/, "6.0"],
  [/GTX 10\d\d|GT 10\d\d|TITAN Xp?\b|\bP40\b|\bP4\b|Quadro P\d+|\bMX[123]\d0\b/, "6.1"],
  [/GTX 9\d\d|\bM40\b|\bM60\b|Quadro M\d+/, "5.2"],
];

/** @returns `8.6`, or undefined for a name that is not known */
export function capabilityByName(name: string): string | undefined {
  return capabilities.find(([pattern]) => pattern.test(name))?.[1];
}

/** GPUs that compute in the machine's memory do not tell of any of their own: GB10, Thor, Orin. */
export function sharesMachineMemory(gpu: NvidiaGpu, arch: string): boolean {
  return gpu.totalBytes === undefined && (arch === "arm64" || /GB10|Thor|Orin|Xavier|Tegra|nvgpu/i.test(gpu.name));
}

export interface MigDevice {
  /** The index of the GPU it is a part of. */
  gpu: number;
  /** As in `MIG 3g.20gb`. */
  name: string;
  uuid: string;
  totalBytes: number | undefined;
}

/** @param text of `nvidia-smi -L` */
export function parseMigList(text: string): MigDevice[] {
  let gpu = -1;
  return text.split("\n").flatMap((line) => {
    const card = /^GPU (\d+):/.exec(line);
    if (card !== null) gpu = Number(card[1]);
    const part = /^\s+(MIG \S+)\s+Device\s+\d+:\s+\(UUID: (MIG-[^)]+)\)/.exec(line);
    if (part === null || gpu < 0) return [];
    const gigabytes = /\.(\d+)gb/.exec(part[1]!)?.[1];
    // The size in the name is rounded up by a few percent.
    const totalBytes = gigabytes === undefined ? undefined : Math.floor(Number(gigabytes) * 0.95) * 1024 * mib;
    return [{ gpu, name: part[1]!, uuid: part[2]!, totalBytes }];
  });
}

const failures: readonly [RegExp, string][] = [
  [
    /couldn't communicate with the NVIDIA driver/i,
    "the NVIDIA driver is not running: install it for the running kernel, or restart the machine after an update",
  ],
  [
    /Driver\/library version mismatch/i,
    "the NVIDIA driver was updated while the old one is still loaded: restart the machine",
  ],
  [
    /couldn't find libnvidia-ml|libnvidia-ml\.so.*cannot open/i,
    "nvidia-smi is there without the library of the driver: reinstall the NVIDIA driver, or start the container with its GPUs",
  ],
  [
    /GPU access blocked by the operating system/i,
    "Windows blocks the GPU: update WSL with `wsl --update` and the NVIDIA driver of Windows",
  ],
  [
    /GPU is lost|fallen off the bus|Unable to determine the device handle/i,
    "a GPU has stopped answering: restart the machine, and look at its power and cooling where this returns",
  ],
  [
    /Insufficient Permissions/i,
    "this user may not use the NVIDIA driver: see the permissions of /dev/nvidia* or start the container with its GPUs",
  ],
  [/No devices were found/i, "the NVIDIA driver finds no GPU: see `dmesg` for what it says"],
  [
    /Failed to initialize NVML: Unknown Error/i,
    "this container has lost its GPUs: start it anew (with systemd and Docker this happens after `systemctl daemon-reload`)",
  ],
  [/Failed to initialize NVML/i, "the NVIDIA driver cannot be spoken to: restart the machine or reinstall the driver"],
];

/** @returns what is wrong and what to do, for what nvidia-smi prints when it fails; undefined for anything else */
export function nvidiaFailure(output: string): string | undefined {
  return failures.find(([pattern]) => pattern.test(output))?.[1];
}

/** A GPU as a fact. `memory` is the machine's, for those that share it. */
export function nvidiaFact(
  gpu: NvidiaGpu,
  memory: { totalBytes: number; availableBytes: number },
  arch: string,
): GpuFacts | undefined {
  const sharesMemory = sharesMachineMemory(gpu, arch);
  const totalBytes = sharesMemory ? memory.totalBytes : gpu.totalBytes;
  if (totalBytes === undefined) return undefined;
  return {
    index: gpu.index,
    vendor: "nvidia",
    name: gpu.name,
    totalBytes,
    freeBytes: Math.min(totalBytes, sharesMemory ? memory.availableBytes : (gpu.freeBytes ?? totalBytes)),
    sharesMemory,
    ...(gpu.computeCapability === undefined ? {} : { computeCapability: gpu.computeCapability }),
    ...(gpu.driver === "" ? {} : { driver: gpu.driver }),
  };
}
