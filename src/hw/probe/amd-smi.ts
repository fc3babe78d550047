/** AMD's own tools, for machines where Linux's files do not tell of the cards: WSL and some containers. */
import { z } from "zod";
import type { GpuFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";
import { findProgram } from "./which.js";

const mib = 1024 ** 2;

/** Never throws. */
export async function probeAmdTools(system: System, notes: Notes, timeoutMs: number): Promise<GpuFacts[]> {
  const amdSmi = await findProgram(system, "amd-smi", ["/opt/rocm/bin/amd-smi"]);
  if (amdSmi !== undefined) {
    const [named, used] = await Promise.all(
      [
        ["static", "--asic", "--vram", "--json"],
        ["metric", "--mem-usage", "--json"],
      ].map((args) => system.run(amdSmi, args, { timeoutMs })),
    );
    const gpus = parseAmdSmi(named!.stdout, used!.stdout);
    for (const { index } of gpus) notes.source(`gpus.amd.${index}`, amdSmi);
    if (gpus.length > 0) return gpus;
    if (named!.ending !== "done") notes.problem(`${amdSmi} tells of no GPU: ${named!.detail}`);
  }
  const rocmSmi = await findProgram(system, "rocm-smi", ["/opt/rocm/bin/rocm-smi"]);
  if (rocmSmi === undefined) return [];
  const ran = await system.run(rocmSmi, ["--showproductname", "--showmeminfo", "vram", "--json"], { timeoutMs });
  const gpus = parseRocmSmi(ran.stdout);
  for (const { index } of gpus) notes.source(`gpus.amd.${index}`, rocmSmi);
  if (gpus.length === 0 && ran.ending !== "done") notes.problem(`${rocmSmi} tells of no GPU: ${ran.detail}`);
  return gpus;
}

const sizeSchema = z.object({ value: z.coerce.number(), unit: z.string() });
const staticSchema = z.object({
  gpu: z.number(),
  asic: z.object({ market_name: z.string().optional() }).or(z.string()).optional(),
  vram: z
    .object({ size: sizeSchema.or(z.string()).optional() })
    .or(z.string())
    .optional(),
});
const metricSchema = z.object({
  gpu: z.number(),
  mem_usage: z
    .object({ total_vram: sizeSchema.or(z.string()).optional(), used_vram: sizeSchema.or(z.string()).optional() })
    .or(z.string())
    .optional(),
});

/**
 * @param named what `amd-smi static --asic --vram --json` prints
 * @param used what `amd-smi metric --mem-usage --json` prints
 */
export function parseAmdSmi(named: string, used: string): GpuFacts[] {
  const usage = new Map(listOf(used, metricSchema).map((each) => [each.gpu, objectOf(each.mem_usage)]));
  return listOf(named, staticSchema).flatMap((each) => {
    const total = bytesOf(usage.get(each.gpu)?.total_vram) ?? bytesOf(objectOf(each.vram)?.size);
    if (total === undefined || total === 0) return [];
    const taken = bytesOf(usage.get(each.gpu)?.used_vram) ?? 0;
    return [amdFact(each.gpu, objectOf(each.asic)?.market_name, total, taken)];
  });
}

const cardSchema = z.record(z.string(), z.coerce.string());

/** @param text what `rocm-smi --showproductname --showmeminfo vram --json` prints */
export function parseRocmSmi(text: string): GpuFacts[] {
  const cards = z.record(z.string(), z.unknown()).safeParse(jsonIn(text));
  if (!cards.success) return [];
  return Object.entries(cards.data).flatMap(([key, value]) => {
    const index = /^card(\d+)$/.exec(key)?.[1];
    const card = cardSchema.safeParse(value);
    if (index === undefined || !card.success) return [];
    const total = Number(card.data["VRAM Total Memory (B)"] ?? NaN);
    if (!Number.isFinite(total) || total <= 0) return [];
    const name = card.data["Card Series"] ?? card.data["Card series"] ?? card.data["Device Name"];
    return [amdFact(Number(index), name, total, Number(card.data["VRAM Total Used Memory (B)"] ?? 0))];
  });
}

function amdFact(index: number, name: string | undefined, totalBytes: number, usedBytes: number): GpuFacts {
  return {
    index,
    vendor: "amd",
    name: name === undefined || name === "" || name === "N/A" ? "AMD GPU" : name,
    totalBytes,
    freeBytes: Math.max(0, totalBytes - usedBytes),
    sharesMemory: false,
  };
}

/** Older versions print a list, newer ones an object with a list in it. */
function listOf<T>(text: string, schema: z.ZodType<T>): T[] {
  const json = jsonIn(text);
  const list = z.array(z.unknown()).safeParse(json);
  const wrapped = z.object({ gpu_data: z.array(z.unknown()) }).safeParse(json);
  const entries = list.success ? list.data : wrapped.success ? wrapped.data.gpu_data : [];
  return entries.flatMap((entry) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Both tools print warnings before the JSON. */
function jsonIn(text: string): unknown {
  const start = text.search(/^[[{]/m);
  try {
    return start < 0 ? undefined : JSON.parse(text.slice(start));
  } catch {
    return undefined;
  }
}

function objectOf<T extends object>(value: T | string | undefined): T | undefined {
  return typeof value === "object" ? value : undefined;
}

function bytesOf(size: z.infer<typeof sizeSchema> | string | undefined): number | undefined {
  if (size === undefined || typeof size === "string" || !Number.isFinite(size.value)) return undefined;
  const unit = { B: 1, KB: 1024, MB: mib, GB: 1024 * mib }[size.unit.toUpperCase()];
  return unit === undefined ? undefined : size.value * unit;
}
