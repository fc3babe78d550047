/** GPUs of systems that only systeminformation knows: old Macs, BSD. */
import type { GpuFacts, GpuVendor, MemoryFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";
import { askSystemInformation, type SystemInformation } from "./system-information.js";

const mib = 1024 ** 2;

type Controller = NonNullable<SystemInformation["graphics"]>["controllers"][number];

/** Never throws. */
export async function probeGraphics(
  system: System,
  memory: Promise<MemoryFacts>,
  notes: Notes,
  timeoutMs: number,
): Promise<GpuFacts[]> {
  const told = await askSystemInformation(system, ["graphics"], notes, timeoutMs);
  const { availableBytes } = await memory;
  return (told?.graphics?.controllers ?? []).map((controller, index) => {
    notes.source(`gpus.${index}`, "systeminformation; its free memory is not told");
    return graphicsFact(controller, index, availableBytes);
  });
}

export function graphicsFact(controller: Controller, index: number, availableBytes: number): GpuFacts {
  const text = `${controller.vendor ?? ""} ${controller.model ?? ""}`;
  const vendors: [RegExp, GpuVendor][] = [
    [/nvidia|geforce/i, "nvidia"],
    [/\bamd\b|radeon|advanced micro/i, "amd"],
    [/intel/i, "intel"],
  ];
  const totalBytes = (controller.vram ?? 0) * mib;
  const sharesMemory = controller.vramDynamic === true;
  return {
    index,
    vendor: vendors.find(([pattern]) => pattern.test(text))?.[1] ?? "other",
    name: controller.model ?? "GPU",
    totalBytes,
    freeBytes: sharesMemory ? Math.min(totalBytes, availableBytes) : totalBytes,
    sharesMemory,
  };
}
