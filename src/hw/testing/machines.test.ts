import { describe, expect, it } from "vitest";
import { machineNames, machines } from "./machines.js";

const mib = 1024 ** 2;

describe("recorded machines", () => {
  it("are many, and of all vendors", () => {
    expect(machineNames.length).toBeGreaterThanOrEqual(26);
    const vendors = new Set(machineNames.flatMap((name) => machines[name].gpus.map(({ vendor }) => vendor)));
    expect([...vendors].sort()).toEqual(["amd", "apple", "intel", "nvidia"]);
  });

  it.each(machineNames)("%s is a machine that could be", (name) => {
    const { cpu, memory, gpus, llamaCpp, vllm, os } = machines[name];
    expect(cpu.usableCores).toBeGreaterThanOrEqual(1);
    expect(cpu.usableCores).toBeLessThanOrEqual(cpu.physicalCores);
    expect(cpu.physicalCores).toBeLessThanOrEqual(cpu.logicalCores);
    expect(cpu.simd.length).toBeGreaterThan(0);
    expect(memory.availableBytes).toBeLessThanOrEqual(memory.totalBytes);
    for (const gpu of gpus) {
      expect(gpu.freeBytes).toBeLessThanOrEqual(gpu.totalBytes);
      expect(gpu.freeBytes).toBeGreaterThan(0);
      expect(gpu.vendor === "nvidia").toBe(gpu.computeCapability !== undefined);
    }
    expect(new Set(gpus.map(({ index }) => index)).size).toBe(gpus.length);
    expect(llamaCpp.devices.length).toBeGreaterThan(0);
    if (vllm !== undefined) expect(os).toBe("linux");
  });

  it("are what the parsers make of real output", () => {
    expect(machines["h200-141gb"].gpus[0]).toMatchObject({ totalBytes: 143771 * mib, computeCapability: "9.0" });
    expect(machines["eight-h100"].gpus.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(machines["dgx-spark-gb10"].gpus[0]).toMatchObject({ sharesMemory: true, computeCapability: "12.1" });
    expect(machines["dgx-spark-gb10"].llamaCpp.reasons.join()).toContain("no llama.cpp with CUDA for linux arm64");
    expect(machines["rtx-4090-no-cuda-runtime"].llamaCpp.reasons.join()).toContain("CUDA runtime");
    expect(machines["arc-a770-16gb"].gpus[0]?.totalBytes).toBe(16 * 1024 * mib);
    expect(machines["apple-m2-8gb"].gpus[0]).toMatchObject({ vendor: "apple", sharesMemory: true });
    for (const name of ["rtx-4090-24gb", "eight-h100", "mi300x-192gb"] as const)
      expect(machines[name].vllm?.cpuOnly).toBe(false);
  });
});
