/** Graphics cards of AMD and Intel as Linux's own files tell of them. */
import type { GpuFacts, MemoryFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";

const gib = 1024 ** 3;

export interface DrmCard {
  vendor: "amd" | "intel";
  /** `0x744c` */
  device: string;
  name: string;
  totalBytes: number;
  /** Undefined where it is not told. */
  freeBytes: number | undefined;
  sharesMemory: boolean;
}

/** Cards with memory of their own whose driver does not tell how much. Those that come in two sizes stand with the smaller. */
const intelCards: Readonly<Record<string, [string, number]>> = {
  "0x56a0": ["Intel Arc A770", 8],
  "0x56a1": ["Intel Arc A750", 8],
  "0x56a2": ["Intel Arc A580", 8],
  "0x56a5": ["Intel Arc A380", 6],
  "0x56a6": ["Intel Arc A310", 4],
  "0x5690": ["Intel Arc A770M", 16],
  "0x5691": ["Intel Arc A730M", 12],
  "0x56c0": ["Intel Data Center GPU Flex 170", 16],
  "0xe20b": ["Intel Arc B580", 12],
  "0xe20c": ["Intel Arc B570", 10],
  "0xe211": ["Intel Arc Pro B60", 24],
  "0xe212": ["Intel Arc Pro B50", 16],
};

/** AMD's drivers tell no name for consumer cards; these are told apart by their revision. */
const amdCards: Readonly<Record<string, string>> = {
  "0x744c:0xc8": "AMD Radeon RX 7900 XTX",
  "0x744c:0xcc": "AMD Radeon RX 7900 XT",
  "0x744c:0xce": "AMD Radeon RX 7900 GRE",
  "0x747e:0xc8": "AMD Radeon RX 7800 XT",
  "0x7550:0xc0": "AMD Radeon RX 9070 XT",
  "0x73bf:0xc0": "AMD Radeon RX 6900 XT",
  "0x73bf:0xc1": "AMD Radeon RX 6800 XT",
  "0x1586:": "AMD Radeon 8060S",
  "0x740f:": "AMD Instinct MI210",
  "0x74a1:": "AMD Instinct MI300X",
  "0x74a5:": "AMD Instinct MI325X",
  "0x75a0:": "AMD Instinct MI350X",
};

/**
 * Never throws.
 * @returns cards that this process can reach, in the order of their numbers
 */
export async function probeDrm(system: System, memory: Promise<MemoryFacts>, notes: Notes): Promise<GpuFacts[]> {
  const cards = (await system.list("/sys/class/drm"))
    .filter((name) => /^card\d+$/.test(name))
    .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
  const { totalBytes, availableBytes } = await memory;
  const found = await Promise.all(cards.map((card) => readCard(system, `/sys/class/drm/${card}/device`, totalBytes)));
  const known = found.filter((card) => card !== undefined);
  if (known.length === 0) return [];
  // A container sees the cards of the machine here even when it may not use them.
  if (!(await system.list("/dev/dri")).some((name) => name.startsWith("renderD"))) {
    notes.problem(
      `${known.map(({ name }) => name).join(", ")}: in the machine, but not given to this container; start it with \`--device /dev/dri\` (and \`--device /dev/kfd\` for ROCm)`,
    );
    return [];
  }
  return known.map((card, index) => {
    notes.source(`gpus.${card.vendor}.${index}`, "/sys/class/drm");
    if (card.freeBytes === undefined && !card.sharesMemory)
      notes.problem(`${card.name} does not tell its free memory; all of it is taken for free`);
    const free = card.sharesMemory ? availableBytes : (card.freeBytes ?? card.totalBytes);
    return {
      index,
      vendor: card.vendor,
      name: card.name,
      totalBytes: card.totalBytes,
      freeBytes: Math.min(card.totalBytes, free),
      sharesMemory: card.sharesMemory,
    };
  });
}

async function readCard(system: System, folder: string, memoryBytes: number): Promise<DrmCard | undefined> {
  const read = async (name: string) => (await system.readText(`${folder}/${name}`))?.trim();
  const [vendor, device = "", revision = ""] = await Promise.all(["vendor", "device", "revision"].map(read));
  if (vendor === "0x1002") {
    const names = [
      "mem_info_vram_total",
      "mem_info_vram_used",
      "mem_info_gtt_total",
      "mem_busy_percent",
      "product_name",
    ];
    const [total, used, shared, busy, product] = await Promise.all(names.map(read));
    return amdCard({ device, revision, total, used, shared, busy, product });
  }
  if (vendor !== "0x8086") return undefined;
  const [resource, told] = await Promise.all([read("resource"), read("lmem_total_bytes")]);
  return intelCard(device, resource ?? "", told, memoryBytes);
}

interface AmdFiles {
  device: string;
  revision: string;
  total: string | undefined;
  used: string | undefined;
  shared: string | undefined;
  /** Only cards with memory of their own have it. */
  busy: string | undefined;
  product: string | undefined;
}

/** @returns undefined for a card whose driver does not tell its memory: it cannot compute then */
export function amdCard(files: AmdFiles): DrmCard | undefined {
  const own = Number(files.total || NaN);
  if (!Number.isFinite(own)) return undefined;
  const name =
    (files.product || undefined) ??
    amdCards[`${files.device}:${files.revision}`] ??
    amdCards[`${files.device}:`] ??
    `AMD GPU ${files.device}`;
  const sharesMemory = files.busy === undefined && own < 16 * gib;
  const used = Number(files.used || NaN);
  return {
    vendor: "amd",
    device: files.device,
    name,
    totalBytes: sharesMemory ? own + Number(files.shared ?? 0) : own,
    freeBytes: Number.isFinite(used) ? Math.max(0, own - used) : undefined,
    sharesMemory,
  };
}

/**
 * @param resource the text of the device's file of that name: a line for each region, with its first and last address
 * @param told bytes, by drivers that tell them
 */
export function intelCard(device: string, resource: string, told: string | undefined, memoryBytes: number): DrmCard {
  const card = intelCards[device];
  const largest = Math.max(0, ...resource.split("\n").map(regionBytes));
  // With a resizable BAR the largest region is the card's memory; without, it is a window of 256 MiB.
  const own = Number(told ?? 0) || (largest >= 2 * gib ? largest : (card?.[1] ?? 0) * gib);
  const dedicated = card !== undefined || Number(told ?? 0) > 0;
  return {
    vendor: "intel",
    device,
    name: card?.[0] ?? `Intel graphics ${device}`,
    // Mesa's driver lets an integrated one use three quarters of the memory, or half of up to 4 GiB.
    totalBytes: dedicated ? own : Math.floor(memoryBytes * (memoryBytes > 4 * gib ? 0.75 : 0.5)),
    freeBytes: undefined,
    sharesMemory: !dedicated,
  };
}

function regionBytes(line: string): number {
  const [first, last] = line.trim().split(/\s+/).map(Number);
  return first === undefined || last === undefined || !(last > first) ? 0 : last - first + 1;
}
