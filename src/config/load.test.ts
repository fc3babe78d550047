import path from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../test/support/folders.js";
import { shippedConfig, singleBraces, twoSections, wrapperConfig } from "../../test/support/peer-config.js";
import { messageOf } from "../errors.js";
import { promptProblems } from "../pipeline/check-config.js";
import { compilePrompt } from "../pipeline/prompts.js";
import { loadConfig } from "./load.js";

const load = (yaml: string, flags = {}, environment = {}) => loadBytes(Buffer.from(yaml), flags, environment);

async function loadBytes(bytes: Uint8Array, flags = {}, environment = {}) {
  return await loadConfig({ file: await fileOf(bytes), flags, environment });
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  return path.join(await folderWith({ "config.yaml": bytes }), "config.yaml");
}

async function failure(yaml: string): Promise<{ file: string; error: string }> {
  const file = await fileOf(Buffer.from(yaml));
  const error = await loadConfig({ file, environment: {} }).then(() => "none", messageOf);
  return { file, error };
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
    const { config } = await load(twoSections("http://localhost:1/v1"));
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

  it("says where a file is not YAML, and when it is missing or not a configuration", async () => {
    await expect(load("a: [1\nb: 2")).rejects.toThrow(/not valid YAML \(line \d/);
    await expect(load("just text")).rejects.toThrow(/not a configuration/);
    await expect(loadConfig({ file: "missing.yaml" })).rejects.toThrow(/cannot read the config file missing.yaml/);
  });

  it("says where a value stands that cannot be used, what it is and what is expected", async () => {
    const { file, error } = await failure("# first\ngeneration:\n  top_p: 0.9\n  temperature: warm\n");
    expect(error).toBe(`${file}:4: generation.temperature: expected a number, not "warm"`);
  });

  it.each([
    ["llm: {provider: cloud}", /:1: llm\.provider: expected one of .*"vllm".*, not "cloud"/],
    ["generation: 5", /:1: generation: expected an object, not 5/],
    ["vllm:\n  port: 70000", /:2: vllm\.port: expected a number <=65535, not 70000/],
    ["vllm: {extra_args: [{a: 1}]}", /:1: vllm\.extra_args\.0: expected a string, or a number, not \{"a":1\}/],
  ])("names line and type of %s", async (yaml, message) => {
    expect((await failure(yaml)).error).toMatch(message);
  });

  it("names the flag's and the variable's side, too", async () => {
    await expect(load("", { generation: { temperature: 9 } })).rejects.toThrow(
      /^command line: generation\.temperature/,
    );
    await expect(load("", {}, { SDK_BATCH_SIZE: "many" })).rejects.toThrow(/^SDK_BATCH_SIZE=many: it must be a whole/);
  });

  it("says which known key may be meant, and in which line", async () => {
    const { warnings } = await load("generation:\n  temprature: 1\n  gpu_layers: 3\nlm: {provider: x}\nzzz: 1\n");
    expect(warnings.map((text) => text.replace(/^.*\.yaml/, ""))).toEqual([
      ":2: the key generation.temprature is not known; did you mean generation.temperature?",
      ":3: the key generation.gpu_layers is not known; did you mean llama-cpp.gpu_layers?",
      ":4: the key lm is not known; did you mean llm?",
      ":5: the key zzz is not known",
    ]);
  });

  it("leaves the defaults where a section or a key has no value", async () => {
    const { config, warnings } = await load("generation:\ncurate:\n  threshold:\nvllm: ~\n");
    expect(config.generation.temperature).toBe(0.7);
    expect(config.curate.threshold).toBe(7);
    expect(warnings).toEqual([]);
  });

  it("reads merge keys, and yes and no where true and false are meant", async () => {
    const yaml =
      "vllm: &server {max_retries: 7}\napi-endpoint: {<<: *server}\ngeneration: {enable_deduplication: no}\n";
    const { config } = await load(yaml);
    expect(config["api-endpoint"].max_retries).toBe(7);
    expect(config.generation.enable_deduplication).toBe(false);
  });

  it("reads UTF-8 and UTF-16 whatever the locale, and refuses what is neither", async () => {
    const yaml = 'prompts: {summary: "Größe 文 {text}"}\n';
    for (const bytes of [Buffer.from(yaml), Buffer.from(`\ufeff${yaml}`), Buffer.from(`\ufeff${yaml}`, "utf16le")])
      expect((await loadBytes(bytes)).config.prompts.summary).toBe("Größe 文 {text}");
    await expect(loadBytes(Buffer.from(yaml, "latin1"))).rejects.toThrow(/is not text in UTF-8/);
  });

  it("does not let a key change what every object inherits", async () => {
    await load("__proto__: {polluted: 1}\ngeneration: {__proto__: {polluted: 1}}\n");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("refuses aliases that multiply without end", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`,
    );
    await expect(load(`a0: &a0 [x]\n${levels.join("\n")}\n`)).rejects.toThrow(/not valid YAML.*alias/);
  });

  it("tells where each value comes from", async () => {
    const yaml = "generation:\n  seed: 3\n  num_pairs: 4\ncurate: {checks: {length: drop}}\n";
    const flags = { generation: { seed: 5, temperature: undefined } };
    const { origins, merged } = await load(yaml, flags, { API_ENDPOINT_KEY: "k" });
    const of = (name: string) => origins.get(name)?.replace(/^.*\.yaml/, "");
    expect(of("generation.seed")).toBe("command line");
    expect(of("generation.num_pairs")).toBe(":3");
    expect(of("generation.temperature")).toBe("default");
    expect(of("curate.checks.length.action")).toBe(":4");
    expect(of("api-endpoint.api_key")).toBe("API_ENDPOINT_KEY");
    expect(merged).toMatchObject({ generation: { seed: 5, num_pairs: 4 } });
  });
});

describe("configurations made for synthetic-data-kit", () => {
  it.each(["vllm", "api-endpoint"] as const)("reads every key that it ships, for %s", async (provider) => {
    const { config } = await load(shippedConfig({ provider, apiBase: "http://localhost:1/v1" }));
    expect(config.llm.provider).toBe(provider);
    expect(config.vllm).toMatchObject({ port: 8000, model: "fake", max_retries: 3, retry_delay: 1, sleep_time: 0.1 });
    expect(config["api-endpoint"]).toMatchObject({ api_key: "llama-api-key", sleep_time: 0.5 });
    expect(config.generation).toMatchObject({
      chunk_size: { amount: 4000, unit: "characters" },
      overlap: { amount: 200, unit: "characters" },
      num_pairs: 25,
      num_cot_examples: 5,
    });
    expect(config.curate).toMatchObject({ threshold: 7, temperature: 0.1 });
    expect(promptProblems(config, String)).toEqual([]);
  });

  it("reads the older layout as what it is called today, and says so once", async () => {
    const { config, warnings } = await load(wrapperConfig("http://localhost:1/v1", "out"));
    expect(config.paths.output).toEqual({
      parsed: "out/output",
      generated: "out/generated",
      curated: "out/cleaned",
      final: "out/final",
    });
    expect(config.curate).toMatchObject({ threshold: 1, temperature: 0.3 });
    expect(config.llm.provider).toBe("vllm");
    const notices = warnings.filter((text) => text.includes("older layout"));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain("cleanup.threshold is read as curate.threshold");
    expect(notices[0]).toContain("paths.output.cleaned is read as paths.output.curated");
    expect(notices[0]).toContain("paths.input.pdf, paths.input.html");
    expect(warnings.join()).not.toMatch(/cleanup\S* is not known/);
  });

  it("lets today's name win over the older one", async () => {
    const { config, warnings } = await load("cleanup: {threshold: 3}\ncurate: {threshold: 5}\n");
    expect(config.curate.threshold).toBe(5);
    expect(warnings[0]).toContain("cleanup.threshold yields to curate.threshold");
  });

  it("names the line of the older name when its value is wrong", async () => {
    expect((await failure("cleanup:\n  threshold: high\n")).error).toMatch(/:2: curate\.threshold: expected a number/);
  });

  it.each([
    ["vllm: {api_base: http://a/v1}", "vllm"],
    ["api-endpoint: {api_base: [http://a/v1]}", "api-endpoint"],
    ["vllm: {api_base: http://a/v1}\napi-endpoint: {api_base: http://b/v1}", "vllm"],
    ["llm: {provider: llama-cpp}\nvllm: {api_base: http://a/v1}", "llama-cpp"],
    ["vllm: {model: x}", "auto"],
  ])("takes the server that %s names", async (yaml, provider) => {
    expect((await load(yaml)).config.llm.provider).toBe(provider);
  });

  it("reads http_request_timeout, and SDK_BATCH_SIZE", async () => {
    const { config } = await load("vllm: {http_request_timeout: 20}", {}, { SDK_BATCH_SIZE: "3" });
    expect(config.vllm.request_timeout).toBe(20);
    expect(config.curate).toMatchObject({ batch_size: 3, inference_batch: 3 });
  });

  it("takes the documentation's own prompt with single braces", async () => {
    const { config } = await load(singleBraces);
    const prompt = compilePrompt("qa_generation", config.prompts.qa_generation);
    const text = prompt.render({ text: "T", num_pairs: "3", summary: "S" });
    expect(text).toContain('  {\n    "question": "A legal question?",');
    expect(text).toContain("Make 3 pairs");
  });
});
