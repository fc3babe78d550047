import { describe, expect, it } from "vitest";
import { ConfigError } from "../../errors.js";
import type { MachineFacts } from "../facts.js";
import { formatBytes, gib, mib } from "../memory.js";
import { machineNames, machines } from "../testing/machines.js";
import { testModels } from "../testing/models.js";
import { autoRequest, expectedContexts, plan, type Plan, planLlamaCpp, planVllm } from "./index.js";

type ModelName = keyof typeof testModels;
const modelNames = Object.keys(testModels) as ModelName[];

/** One row of the table: what is planned, or why nothing is. */
function row(machine: MachineFacts, model: ModelName): string {
  const { name } = testModels[model];
  let made: Plan;
  try {
    made = plan(machine, testModels[model], autoRequest);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `| ${name} | no | | | | ${error.message.replaceAll("|", "/")} |`;
  }
  const places = new Map<string, number>();
  for (const { where, bytes, reclaimable } of made.memory)
    if (reclaimable !== true || made.memory.length === 1) places.set(where, (places.get(where) ?? 0) + bytes);
  const memory = [...places].map(([where, bytes]) => `${where} ${formatBytes(bytes)}`).join(", ");
  const how =
    made.backend === "llama-cpp"
      ? `llama.cpp ${made.device}${made.gpuLayers > 0 ? `, ${made.gpuLayers} layers` : `, ${made.threads} threads${made.contexts > 1 ? `, ${made.contexts} contexts` : ""}`}${made.cacheType === "f16" ? "" : `, cache ${made.cacheType}`}`
      : `vLLM, ${made.replicas.length} x ${made.replicas[0]!.gpus.length || "CPU"}${made.replicas[0]!.gpus.length > 0 ? " GPU" : ""}, ${made.replicas[0]!.gpuMemoryUtilization} of it${made.cacheType === "f16" ? "" : `, cache ${made.cacheType}`}${made.quantization === undefined ? "" : `, ${made.quantization}`}${made.dtype === undefined ? "" : `, ${made.dtype}`}`;
  return `| ${name} | ${how} | ${made.contextTokens} | ${made.concurrentRequests} | ${made.chunkTokens} | ${memory} |`;
}

/** A reason that all folders of safetensors share is told once. */
function rows(machine: MachineFacts): string[] {
  const all = modelNames.map((model) => row(machine, model));
  const shared = all.map((line) => /which needs vLLM: (.*) \|$/.exec(line)?.[1]);
  const first = shared.findIndex((reason) => reason !== undefined);
  if (first < 0) return all;
  return [
    ...all.filter((_, index) => shared[index] === undefined),
    `| all ${shared.filter((reason) => reason !== undefined).length} folders of safetensors | no | | | | ${shared[first]!} |`,
  ];
}

describe("the plan on recorded machines", () => {
  it("is what docs/plans.md says", async () => {
    const lines = [
      "# Plans on recorded machines",
      "",
      "What quern decides on each of these machines for each of these models, when nothing is configured. The test",
      "`src/hw/plan/plan.test.ts` makes this page; the machines are in `src/hw/testing/machines.ts`, recorded or written from",
      "published figures. Memory is what is expected to be taken, without what the system can take back.",
    ];
    for (const name of machineNames) {
      const { cpu, memory, gpus, vllm, os, llamaCpp } = machines[name];
      const cards = gpus.map(
        (gpu) =>
          `${gpu.name} (${formatBytes(gpu.freeBytes)} free of ${formatBytes(gpu.totalBytes)}${gpu.computeCapability === undefined ? "" : `, ${gpu.computeCapability}`}${gpu.driver === undefined ? "" : `, driver ${gpu.driver}`})`,
      );
      lines.push(
        "",
        `## ${name}`,
        "",
        `${os}, ${cpu.usableCores} cores, ${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)} memory available${memory.limitedBy === undefined ? "" : ` (${memory.limitedBy})`}; ${cards.length === 0 ? "no GPU" : cards.join(", ")}; llama.cpp: ${llamaCpp.devices.join(", ")}; ${vllm === undefined ? "no vLLM" : `vLLM ${vllm.version}`}`,
        "",
        "| model | backend | context | requests | chunk | memory, or why not |",
        "| --- | --- | --- | --- | --- | --- |",
        ...rows(machines[name]),
      );
    }
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../../../docs/plans.md");
  });

  it("never plans more than is there", () => {
    let plans = 0;
    for (const name of machineNames)
      for (const model of modelNames) {
        const machine = machines[name];
        let made: Plan;
        try {
          made = plan(machine, testModels[model], autoRequest);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          continue;
        }
        plans++;
        const inMemory = made.memory
          .filter(({ where, reclaimable }) => where === "memory" && reclaimable !== true)
          .reduce((sum, { bytes }) => sum + bytes, 0);
        expect(inMemory, `${name}, ${model}`).toBeLessThanOrEqual(machine.memory.availableBytes);
        for (const gpu of machine.gpus) {
          const onGpu = made.memory.filter(({ where }) => where === `GPU ${gpu.index}`);
          expect(
            onGpu.reduce((sum, { bytes }) => sum + bytes, 0),
            `${name}, ${model}`,
          ).toBeLessThanOrEqual(gpu.freeBytes);
        }
        expect(made.chunkTokens + made.answerTokens + autoRequest.job.promptTokens).toBeLessThan(made.contextTokens);
        expect(made.reasons.length).toBeGreaterThan(2);
        expect(made.concurrentRequests).toBeGreaterThan(0);
      }
    expect(plans).toBeGreaterThan(200);
  });

  it("covers the machines that differ", () => {
    expect(machineNames.length).toBeGreaterThanOrEqual(24);
    expect(modelNames.length).toBeGreaterThanOrEqual(10);
  });

  it("plans no less where there is more", () => {
    const base = machines["laptop-16gb"];
    let last = 0;
    for (const memory of [2, 4, 8, 16, 32, 64]) {
      const machine = { ...base, memory: { totalBytes: memory * gib, availableBytes: memory * gib } };
      let tokens = 0;
      try {
        const made = planLlamaCpp(machine, testModels["qwen3-4b"], autoRequest);
        tokens = made.contextTokens * made.sequences;
      } catch {
        expect(memory).toBeLessThan(8);
      }
      expect(tokens).toBeGreaterThanOrEqual(last);
      last = tokens;
    }
  });
});

describe("what the user fixed", () => {
  const machine = machines["rtx-4090-24gb"];
  const model = testModels["llama-3.1-8b"];

  it("is kept, and said", () => {
    const made = planLlamaCpp(machine, model, {
      ...autoRequest,
      context: 2048,
      sequences: 5,
      threads: 3,
      batchTokens: 256,
      gpuLayers: 10,
      cacheType: "q8_0",
    });
    expect(made).toMatchObject({
      contextTokens: 2048,
      sequences: 5,
      threads: 3,
      batchTokens: 256,
      gpuLayers: 10,
      cacheType: "q8_0",
    });
    expect(made.reasons.filter((reason) => reason.includes("as configured"))).toHaveLength(4);
    expect(planLlamaCpp(machine, model, { ...autoRequest, gpu: false })).toMatchObject({ device: "cpu", gpuLayers: 0 });
    expect(
      planLlamaCpp(machine, model, {
        ...autoRequest,
        context: 200_000,
        sequences: 1,
        cacheType: "q8_0",
      }).reasons.join(),
    ).toContain("beyond the 131072");
  });

  it("is refused with the arithmetic where it cannot fit", () => {
    expect(() =>
      planLlamaCpp(machine, model, { ...autoRequest, context: 131_072, sequences: 64, gpuLayers: "max" }),
    ).toThrow(/does not fit: on the GPU weights .* KV cache 131072 tokens x 64 sequences = .* usable/);
    const small = { ...machine, gpus: [], memory: { totalBytes: 4 * gib, availableBytes: 3 * gib } };
    expect(() => planLlamaCpp(small, model, autoRequest)).toThrow(
      /does not fit: weights 4.58 GiB, KV cache 1024 tokens x 1 sequences = \d+ MiB, buffers \d+ MiB, .* available 3.00 GiB/,
    );
    expect(() => planLlamaCpp(machine, model, { ...autoRequest, gpu: "metal" })).toThrow(/cannot use metal here/);
  });

  it("is kept by vLLM's plan too, or refused", () => {
    const eight = machines["eight-h100"];
    const request = { ...autoRequest, tensorParallel: 4, replicas: 1, sequences: 77, batchTokens: 4096, context: 4096 };
    const made = planVllm(eight, testModels["llama-3.1-8b-bf16"], { ...request, gpuMemoryUtilization: 0.5 });
    expect(made.replicas).toHaveLength(1);
    expect(made.replicas[0]).toMatchObject({ maxNumSeqs: 77, maxNumBatchedTokens: 4096, gpuMemoryUtilization: 0.5 });
    expect(made.replicas[0]!.gpus).toHaveLength(4);
    expect(() => planVllm(eight, testModels["qwen3-14b-bf16"], { ...autoRequest, tensorParallel: 3 })).toThrow(
      /3 does not divide the 40 attention heads/,
    );
    expect(() => planVllm(eight, testModels["llama-3.1-8b-bf16"], { ...autoRequest, tensorParallel: 16 })).toThrow(
      /needs 16 equal GPUs/,
    );
    expect(() => planVllm(eight, testModels["llama-3.1-8b-bf16"], { ...autoRequest, replicas: 9 })).toThrow(
      /9 replicas .* do not fit/,
    );
    const full = machines["rtx-4090-busy"];
    expect(() => planVllm(full, testModels["qwen3-0.6b-bf16"], { ...autoRequest, gpuMemoryUtilization: 0.9 })).toThrow(
      /0.9 is .* are free/,
    );
  });

  it("chooses between the backends by the model's format and the machine", () => {
    const gguf = testModels["llama-3.1-8b"];
    const folder = testModels["llama-3.1-8b-bf16"];
    expect(() => plan(machine, gguf, { ...autoRequest, provider: "vllm" })).toThrow(
      /GGUF file, which vLLM does not read/,
    );
    expect(() => plan(machine, folder, { ...autoRequest, provider: "llama-cpp" })).toThrow(
      /which llama.cpp does not read/,
    );
    expect(() => plan(machines["v100-16gb"], folder, autoRequest)).toThrow(/compute capability 7.0/);
    expect(() => plan(machines["rtx-4090-old-driver"], folder, autoRequest)).toThrow(/driver 535.* older than the 580/);
    expect(() => plan(machines["laptop-16gb"], folder, autoRequest)).toThrow(/no vllm was found/);
    expect(plan(machines["eight-h100"], folder, autoRequest)).toMatchObject({ backend: "vllm" });
  });
});

describe("expectedContexts", () => {
  it("gives each core sequences of its own where the caches hold the model", () => {
    const machine = (usableCores: number) => ({ cpu: { ...machines["laptop-16gb"].cpu, usableCores } });
    expect(expectedContexts(machine(8), 8 * mib, autoRequest)).toBe(8);
    expect(expectedContexts(machine(2), 8 * mib, { ...autoRequest, sequences: 5 })).toBe(1);
    expect(expectedContexts(machine(6), 8 * mib, autoRequest)).toBe(2);
    expect(expectedContexts(machine(8), 400 * mib, autoRequest)).toBe(1);
  });
});
