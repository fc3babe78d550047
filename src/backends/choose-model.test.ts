import { copyFile, mkdir, mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { autoRequest } from "../hw/plan/index.js";
import { machines } from "../hw/testing/machines.js";
import { testModels } from "../hw/testing/models.js";
import { embeddedModelPath } from "../models/find.js";
import { chooseModel, suitableEntries, suits } from "./choose-model.js";

async function store(...files: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
  for (const file of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await copyFile(embeddedModelPath, path.join(folder, file));
  }
  vi.stubEnv("QUERN_MODELS", folder);
  return folder;
}

afterEach(() => vi.unstubAllEnvs());

describe("chooseModel", () => {
  it("takes the embedded model where nothing is stored, without looking at the machine", async () => {
    await store();
    const probe = vi.fn();
    const choice = await chooseModel(probe, autoRequest);
    expect(choice.path).toBe(embeddedModelPath);
    expect(choice.reason).toContain("no other is stored");
    expect(probe).not.toHaveBeenCalled();
  });

  it("takes a stored model that suits the machine", async () => {
    const folder = await store("mine.gguf");
    const choice = await chooseModel(() => Promise.resolve(machines["laptop-16gb"]), autoRequest);
    expect(choice.path).toBe(path.join(folder, "mine.gguf"));
  });

  it("takes the embedded model where no stored one fits", async () => {
    await store("mine.gguf");
    const machine = { ...machines["laptop-16gb"], memory: { totalBytes: 1, availableBytes: 1 } };
    const choice = await chooseModel(() => Promise.resolve(machine), autoRequest);
    expect(choice.path).toBe(embeddedModelPath);
    expect(choice.reason).toContain("none of the 1 stored ones");
  });
});

describe("suits", () => {
  it("asks for room for a few requests of useful length, all on one device", () => {
    expect(suits(machines["rtx-4090-24gb"], testModels["llama-3.1-8b"], autoRequest)).toBe(true);
    expect(suits(machines["rtx-4090-24gb"], testModels["llama-3.3-70b"], autoRequest)).toBe(false);
    expect(suits(machines["laptop-8gb"], testModels["qwen3-4b"], autoRequest)).toBe(false);
    expect(suits(machines["laptop-8gb"], testModels["qwen3-0.6b-bf16"], autoRequest)).toBe(false);
  });
});

describe("suitableEntries", () => {
  it("gives more capable models to larger machines, and small ones to few cores", () => {
    const best = (name: keyof typeof machines) => suitableEntries(machines[name], autoRequest)[0];
    const billions = (name: keyof typeof machines) => (best(name)?.entry.parameters.total ?? 0) / 1e9;
    expect(billions("h200-141gb")).toBeGreaterThan(billions("rtx-4090-24gb"));
    expect(billions("rtx-4090-24gb")).toBeGreaterThan(billions("rtx-3060-12gb"));
    expect(billions("rtx-3060-12gb")).toBeGreaterThan(billions("laptop-8gb"));
    expect(best("amx-container-24gb")!.entry.parameters.active).toBeLessThan(2e9);
    expect(best("vps-1gb")).toBeUndefined();
  });

  it("names the safetensors where vLLM can run them, else the GGUF file", () => {
    const gpu = suitableEntries(machines["h100-80gb"], autoRequest);
    expect(gpu.some(({ entry, source }) => source === `hf:${entry.safetensors?.repo ?? ""}`)).toBe(true);
    for (const { entry, source } of suitableEntries(machines["laptop-16gb"], autoRequest))
      expect(source).toContain(entry.gguf.repo);
  });
});
