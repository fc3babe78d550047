import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "./load.js";

async function load(yaml: string, flags = {}, environment = {}) {
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), "quern-test-")), "config.yaml");
  await writeFile(file, yaml);
  return await loadConfig({ file, flags, environment });
}

describe("loadConfig", () => {
  it("has complete defaults that send nothing off the machine", async () => {
    const { config, warnings } = await loadConfig({ environment: {} });
    expect(config.llm.provider).toBe("auto");
    expect([config.vllm.api_base, config["api-endpoint"].api_base]).toEqual(["", ""]);
    expect(config.generation.chunk_size).toBe("auto");
    expect(warnings).toEqual([]);
  });

  it("fills what a file leaves out, so a file of two sections works", async () => {
    const { config } = await load('llm: {provider: api-endpoint}\napi-endpoint: {api_base: "http://localhost:1/v1"}\n');
    expect(config["api-endpoint"].max_retries).toBe(3);
    expect(config.prompts.summary).toContain("{text}");
  });

  it("lets flags win over the environment, the environment over the file", async () => {
    const yaml = "api-endpoint: {api_key: file, model: file}\ngeneration: {seed: 1}\n";
    const environment = { API_ENDPOINT_KEY: "environment" };
    const { config } = await load(
      yaml,
      { "api-endpoint": { model: "flag" }, generation: { seed: undefined } },
      environment,
    );
    expect(config["api-endpoint"]).toMatchObject({ api_key: "environment", model: "flag" });
    expect(config.generation.seed).toBe(1);
  });

  it.each([
    ["4000", { amount: 4000, unit: "characters" }],
    ['"512 tokens"', { amount: 512, unit: "tokens" }],
    ["300t", { amount: 300, unit: "tokens" }],
    ["auto", "auto"],
  ])("reads the chunk size %s", async (written, meant) => {
    expect((await load(`generation: {chunk_size: ${written}}`)).config.generation.chunk_size).toEqual(meant);
  });

  it.each([
    ["generation: {temperature: warm}", "generation.temperature"],
    ["generation: {num_pairs: 0}", "generation.num_pairs"],
    ["generation: {chunk_size: 12 bananas}", "generation.chunk_size"],
    ["llm: {provider: cloud}", "llm.provider"],
    ["curate: {threshold: 11}", "curate.threshold"],
    ["llama-cpp: {sequences: -1}", "llama-cpp.sequences"],
    ["generation: 5", "generation"],
  ])("names the key of %s", async (yaml, key) => {
    await expect(load(yaml)).rejects.toThrow(key);
  });

  it("warns of keys it does not know, and says why known ones have no effect", async () => {
    const { warnings } = await load(
      "generation: {temprature: 1, batch_size: 32}\nfoo: {bar: 1}\ningest: {default_format: txt}\nvllm: {sleep_time: 1}\n",
    );
    expect(warnings).toHaveLength(4);
    expect(warnings.join("\n")).toMatch(/generation\.temprature is not known/);
    expect(warnings.join("\n")).toMatch(/generation\.batch_size has no effect: /);
    expect(warnings.join("\n")).toMatch(/foo is not known/);
    expect(warnings.join("\n")).toMatch(/vllm\.sleep_time has no effect/);
  });

  it("says where a file is not YAML, and when it is missing or not a configuration", async () => {
    await expect(load("a: [1\nb: 2")).rejects.toThrow(/not valid YAML \(line \d/);
    await expect(load("just text")).rejects.toThrow(/not a configuration/);
    await expect(loadConfig({ file: "missing.yaml" })).rejects.toThrow(/cannot read the config file missing.yaml/);
  });
});
