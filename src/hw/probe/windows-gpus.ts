/** Graphics cards of AMD and Intel as Windows's registry tells of them, with their memory at full width. */
import type { GpuFacts, GpuVendor, MemoryFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";

/** The class of display adapters; each has a numbered key below it. */
const adapters = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}";
const mostAdapters = 4;
const gib = 1024 ** 3;

/** Never throws. */
export async function probeWindowsGpus(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  const answers = await Promise.all(
    Array.from({ length: mostAdapters }, (_, i) =>
      system.run("C:\\Windows\\System32\\reg.exe", ["query", `${adapters}\\${String(i).padStart(4, "0")}`], {
        timeoutMs,
      }),
    ),
  );
  if (answers.every(({ ending }) => ending === "timeout" || ending === "absent"))
    notes.problem(`the registry does not tell of graphics cards: ${answers[0]!.detail}`);
  const { totalBytes, availableBytes } = await memory;
  const gpus = answers.flatMap(({ stdout }) => {
    const adapter = parseAdapter(stdout);
    // NVIDIA's own tool tells more of them.
    if (adapter === undefined || (adapter.vendor !== "amd" && adapter.vendor !== "intel")) return [];
    // An integrated card has at most a small part of the memory set aside, and Windows lets it use half of the rest.
    const sharesMemory = adapter.bytes < 2 * gib;
    const bytes = sharesMemory ? Math.floor(totalBytes / 2) : adapter.bytes;
    const freeBytes = sharesMemory ? Math.min(bytes, availableBytes) : bytes;
    return [{ vendor: adapter.vendor, name: adapter.name, totalBytes: bytes, freeBytes, sharesMemory }];
  });
  return gpus.map((gpu, index) => {
    notes.source(`gpus.${gpu.vendor}.${index}`, "the registry; its free memory is not told");
    return { index, ...gpu };
  });
}

/**
 * @param text of `reg query` for an adapter's key
 * @returns undefined where that is no adapter
 */
export function parseAdapter(text: string): { vendor: GpuVendor; name: string; bytes: number } | undefined {
  const value = (name: string) => new RegExp(`^\\s*${name}\\s+REG_\\w+\\s+(.+?)\\s*$`, "m").exec(text)?.[1];
  const name = value("DriverDesc");
  if (name === undefined) return undefined;
  const bytes = Number(value("HardwareInformation\\.qwMemorySize") ?? 0);
  const vendors: [RegExp, GpuVendor][] = [
    [/NVIDIA/i, "nvidia"],
    [/AMD|Radeon/i, "amd"],
    [/Intel/i, "intel"],
  ];
  const vendor = vendors.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
  return { vendor, name, bytes: Number.isFinite(bytes) ? bytes : 0 };
}
