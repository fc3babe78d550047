/** NVIDIA's GPUs, as nvidia-smi tells of them. */
import type { GpuFacts, MemoryFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import {
  allFields,
  basicFields,
  type NvidiaGpu,
  nvidiaFact,
  nvidiaFailure,
  parseMigList,
  parseNvidiaCsv,
} from "./nvidia-smi.js";
import type { Ran } from "./run.js";
import type { System } from "./system.js";
import { visibleDevices } from "./visible-devices.js";
import { findProgram, variable } from "./which.js";

const elsewhere: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  // WSL's own folder is missing from PATH where a service or `sudo` starts quern.
  linux: ["/usr/lib/wsl/lib/nvidia-smi", "/usr/bin/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi"],
  win32: ["C:\\Windows\\System32\\nvidia-smi.exe", "C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe"],
};

/**
 * Never throws.
 * @param memory the machine's, for GPUs that share it
 * @returns the GPUs that programs may use, in the order they will see them
 */
export async function probeNvidia(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  if (system.platform === "darwin") return [];
  const program = await findProgram(system, "nvidia-smi", elsewhere[system.platform]);
  if (program === undefined) {
    if (await hasNvidiaCard(system))
      notes.problem(
        "there is an NVIDIA GPU but no nvidia-smi: install the NVIDIA driver, or start the container with its GPUs (`--gpus all`)",
      );
    return [];
  }
  const ran = await query(system, program, timeoutMs);
  const all = parseNvidiaCsv(ran.stdout);
  if (ran.ending !== "done" || all.length === 0) noteFailure(program, ran, notes);
  const { devices, unknown } = visibleDevices(
    all.some(({ mig }) => mig) ? await withParts(system, program, all, notes, timeoutMs) : all,
    variableEvenEmpty(system, "CUDA_VISIBLE_DEVICES"),
  );
  if (unknown !== undefined)
    notes.problem(`CUDA_VISIBLE_DEVICES names "${unknown}", which is no GPU here or named twice`);
  noteOrder(system, all, notes);
  const facts: GpuFacts[] = [];
  for (const gpu of devices) {
    const fact = nvidiaFact(gpu, await memory, system.arch);
    if (fact === undefined) notes.problem(`GPU ${gpu.index} (${gpu.name}) does not tell its memory; it is left out`);
    else {
      facts.push(fact);
      notes.source(`gpus.${gpu.index}`, program);
      if (!fact.sharesMemory && gpu.freeBytes === undefined)
        notes.problem(`GPU ${gpu.index} (${gpu.name}) does not tell its free memory; all of it is taken for free`);
    }
  }
  return facts;
}

async function query(system: System, program: string, timeoutMs: number): Promise<Ran> {
  const ask = (fields: readonly string[]) =>
    system.run(program, [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"], { timeoutMs });
  const ran = await ask(allFields);
  return /not a valid field/i.test(ran.stdout + ran.stderr) ? await ask(basicFields) : ran;
}

function noteFailure(program: string, ran: Ran, notes: Notes): void {
  const output = `${ran.stdout}\n${ran.stderr}`;
  if (ran.ending === "timeout")
    notes.problem(
      `${program} gives ${ran.detail}: a GPU or its driver hangs; see \`dmesg\`, and restart the machine where this stays`,
    );
  else {
    const said = output.trim().split("\n")[0]?.slice(0, 200) ?? "";
    const meaning = nvidiaFailure(output) ?? (said === "" ? "it printed nothing" : `it said: ${said}`);
    notes.problem(`${program} tells of no usable GPU (${ran.detail}): ${meaning}`);
  }
}

/** A GPU that is cut into parts is used by its parts, and a program sees one of them. */
async function withParts(
  system: System,
  program: string,
  gpus: readonly NvidiaGpu[],
  notes: Notes,
  timeoutMs: number,
): Promise<NvidiaGpu[]> {
  const parts = parseMigList((await system.run(program, ["-L"], { timeoutMs })).stdout);
  const chosen = variable(system, "CUDA_VISIBLE_DEVICES");
  return gpus.flatMap((gpu) => {
    if (!gpu.mig) return [gpu];
    const own = parts.filter((part) => part.gpu === gpu.index);
    const part = own.find(({ uuid }) => chosen?.includes(uuid)) ?? own[0];
    if (part === undefined) {
      notes.problem(
        `GPU ${gpu.index} (${gpu.name}) is in MIG mode without instances: make one with \`nvidia-smi mig -cgi\`, or turn MIG off`,
      );
      return [];
    }
    if (own.length > 1)
      notes.problem(
        `GPU ${gpu.index} (${gpu.name}) is cut into ${own.length} MIG instances, of which a program uses one (${part.uuid}); set CUDA_VISIBLE_DEVICES to choose`,
      );
    const name = `${gpu.name} ${part.name}`;
    return [{ ...gpu, name, uuid: part.uuid, totalBytes: part.totalBytes, freeBytes: undefined }];
  });
}

/** Without CUDA_DEVICE_ORDER, CUDA counts the fastest GPU first, while nvidia-smi counts by slot. */
function noteOrder(system: System, gpus: readonly NvidiaGpu[], notes: Notes): void {
  const byIndex = /\d/.test(variable(system, "CUDA_VISIBLE_DEVICES") ?? "");
  const alike = new Set(gpus.map(({ name }) => name)).size <= 1;
  if (!byIndex || alike || variable(system, "CUDA_DEVICE_ORDER") === "PCI_BUS_ID") return;
  notes.problem(
    "CUDA_VISIBLE_DEVICES is read as nvidia-smi counts; for CUDA to count the same way set CUDA_DEVICE_ORDER=PCI_BUS_ID",
  );
}

/** An empty value means no GPU, while no value means all. */
function variableEvenEmpty(system: System, name: string): string | undefined {
  return system.env[name] === "" ? "" : variable(system, name);
}

/** Whether the machine has a card of NVIDIA's, be it usable or not. */
async function hasNvidiaCard(system: System): Promise<boolean> {
  if (system.platform !== "linux") return false;
  if ((await system.list("/proc/driver/nvidia/gpus")).length > 0) return true;
  const devices = await system.list("/sys/bus/pci/devices");
  const found = await Promise.all(
    devices.map(async (device) => {
      const folder = `/sys/bus/pci/devices/${device}`;
      const [vendor, kind] = await Promise.all(["vendor", "class"].map((name) => system.readText(`${folder}/${name}`)));
      // Classes 0x0300 and 0x0302 are displays and 3D controllers; a card's sound device has another.
      return vendor?.trim() === "0x10de" && kind?.startsWith("0x03") === true;
    }),
  );
  return found.includes(true);
}
