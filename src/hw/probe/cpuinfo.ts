/** Reads Linux's own files about processors. */

export interface Cpuinfo {
  model: string;
  /** Names of instruction sets as Linux tells them. */
  flags: string[];
  /** Numbers of the logical processors. */
  processors: number[];
  /** The physical core of each; empty where the file does not say. */
  coreOf: Map<number, string>;
}

/** Cores that ARM machines name by number only. */
const armCores: Readonly<Record<string, string>> = {
  "0x41:0xd03": "Cortex-A53",
  "0x41:0xd08": "Cortex-A72",
  "0x41:0xd0b": "Cortex-A76",
  "0x41:0xd0c": "Neoverse N1",
  "0x41:0xd40": "Neoverse V1",
  "0x41:0xd42": "Cortex-A78AE",
  "0x41:0xd49": "Neoverse N2",
  "0x41:0xd4f": "Neoverse V2",
  "0x41:0xd83": "Neoverse V3AE",
  "0x41:0xd84": "Neoverse V3",
  "0x41:0xd85": "Cortex-X925",
  "0x41:0xd87": "Cortex-A725",
};

/** @param text of `/proc/cpuinfo` */
export function parseCpuinfo(text: string): Cpuinfo {
  const processors: number[] = [];
  const coreOf = new Map<number, string>();
  const arm = new Set<string>();
  let model = "";
  let board = "";
  let flags: string[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const fields = new Map(
      block.split("\n").map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
      }),
    );
    board = fields.get("Model") ?? board;
    const id = Number(fields.get("processor") ?? NaN);
    if (!Number.isInteger(id)) continue;
    processors.push(id);
    const core = fields.get("core id");
    if (core !== undefined) coreOf.set(id, `${fields.get("physical id") ?? "0"}:${core}`);
    if (model === "") model = fields.get("model name") ?? "";
    if (flags.length === 0) flags = (fields.get("flags") ?? fields.get("Features") ?? "").split(/\s+/);
    const part = armCores[`${fields.get("CPU implementer") ?? ""}:${fields.get("CPU part") ?? ""}`];
    if (part !== undefined) arm.add(part);
  }
  if (model === "") model = [...arm].join(" + ");
  if (board !== "") model = model === "" ? board : `${board} (${model})`;
  return { model, flags: flags.filter((flag) => flag !== ""), processors, coreOf };
}

/** @param list `0-3,8,10-11` */
export function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last] = range.trim().split("-").map(Number);
    if (range.trim() === "" || first === undefined || !Number.isInteger(first)) return [];
    return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i);
  });
}
