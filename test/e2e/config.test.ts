/** Configurations, said of the command as it is started: what others' files do here, and what is said of wrong ones. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { documentText, readJson, readLines } from "../support/documents.js";
import { expectError, parsedStdout } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { shippedConfig, singleBraces, twoSections, wrapperConfig } from "../support/peer-config.js";

interface Pairs {
  qa_pairs: { question: string; answer: string; rating?: number }[];
}

/** The four commands, each with the file; gives what they said on stderr. */
async function walk(cwd: string, folders = { generated: "data/generated", curated: "data/curated" }): Promise<string> {
  let said = "";
  for (const args of [
    ["ingest", "report.txt", "-o", "data/parsed"],
    ["create", "data/parsed/report.lance", "--type", "qa", "-n", "4"],
    ["curate", `${folders.generated}/report_qa_pairs.json`],
    ["save-as", `${folders.curated}/report_qa_pairs_cleaned.json`, "-o", "final.jsonl"],
  ]) {
    const { stderr, exitCode } = await quern(["-c", "config.yaml", ...args], { cwd });
    expect(exitCode, `${args.join(" ")}: ${stderr}`).toBe(0);
    said += stderr;
  }
  return said;
}

describe("synthetic-data-kit's own configuration", () => {
  it.each(["vllm", "api-endpoint"] as const)(
    "carries a document from text to training data, with %s",
    async (provider) => {
      await using server = await fakeServer({ contextTokens: 8192 });
      const config = shippedConfig({ provider, apiBase: server.url });
      const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": config });
      const said = await walk(cwd);
      expect(said).not.toMatch(/is not known/);
      expect(await readLines(path.join(cwd, "final.jsonl"))).toHaveLength(4);
      const prompts = server.requests.map(({ prompt }) => prompt);
      // Its own prompts are put, with their doubled braces as single ones.
      expect(prompts.some((prompt) => prompt.includes('{\n    "question": "A question?",'))).toBe(true);
      expect(prompts.some((prompt) => prompt.includes("Give each of these pairs a rating"))).toBe(true);
    },
  );

  it("of two sections is enough", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": twoSections(server.url) });
    expect(await walk(cwd)).not.toMatch(/warning/);
  });

  it("in the layout of a wrapper is read as meant, with one notice", async () => {
    await using server = await fakeServer({ contextTokens: 8192, rate: () => 2 });
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": wrapperConfig(server.url) });
    const folders = { generated: "data/generated", curated: "data/cleaned" };
    const said = await walk(cwd, folders);
    expect(said.match(/older layout/g)).toHaveLength(4);
    expect(said).toContain("cleanup.threshold is read as curate.threshold");
    // Its threshold of 1 keeps what the default would drop.
    const { qa_pairs } = await readJson<Pairs>(path.join(cwd, "data/cleaned/report_qa_pairs_cleaned.json"));
    expect(qa_pairs.map(({ rating }) => rating)).toEqual([2, 2, 2, 2]);
  });

  it("takes the custom prompt of its documentation as it is printed", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const cwd = await folderWith({
      "report.txt": documentText(1),
      "config.yaml": `${twoSections(server.url)}${singleBraces}`,
    });
    await walk(cwd);
    const prompt = server.requests.map((request) => request.prompt).find((one) => one.includes("legal assistant"));
    expect(prompt).toContain('"question": "A legal question?"');
    expect(prompt).toMatch(/Make \d+ pairs from this text alone/);
    expect(prompt).toContain("about: What the text is about.");
  });
});

describe("variables of the environment", () => {
  it("give the key, more words, and the size of batches", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": twoSections(server.url) });
    const env = { API_ENDPOINT_KEY: "k", SDK_VERBOSE: "true", SDK_BATCH_SIZE: "2" };
    const shown = await quern(["-c", "config.yaml", "--json", "config", "show"], { cwd, env });
    const { values } = parsedStdout(shown) as { values: { name: string; value: unknown; origin: string }[] };
    const of = (name: string) => values.find((one) => one.name === name);
    expect(of("api-endpoint.api_key")).toEqual({
      name: "api-endpoint.api_key",
      value: "(not shown)",
      origin: "API_ENDPOINT_KEY",
    });
    expect(of("curate.batch_size")).toMatchObject({ value: 2, origin: "SDK_BATCH_SIZE" });
    const quiet = await quern(["-c", "config.yaml", "create", "report.txt", "-n", "2"], { cwd });
    const loud = await quern(["-c", "config.yaml", "create", "report.txt", "-n", "2", "-o", "b"], { cwd, env });
    expect(quiet.stderr).not.toContain("chunks of up to");
    expect(loud.stderr).toContain("chunks of up to");
    expectError(await quern(["config", "show"], { cwd, env: { SDK_BATCH_SIZE: "x" } }), 2, "SDK_BATCH_SIZE=x");
  });
});

describe("vllm.port", () => {
  it("is where a running server is looked for, when no address is given", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const { port } = new URL(server.url);
    const yaml = `llm: {provider: vllm}\nvllm: {port: ${port}, model: fake}\n`;
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": yaml });
    const { stderr, exitCode } = await quern(["-c", "config.yaml", "create", "report.txt", "-n", "2"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(server.requests.length).toBeGreaterThan(0);
  });
});

describe("what is wrong with a file", () => {
  it("is told before any work, with file, line, key and what is expected", async () => {
    const yaml = "generation:\n  temperature: warm\n";
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": yaml });
    for (const args of [
      ["ingest", "report.txt"],
      ["create", "report.txt"],
      ["save-as", "x.json"],
    ])
      expectError(
        await quern(["-c", "config.yaml", ...args], { cwd }),
        2,
        'config.yaml:2: generation.temperature: expected a number, not "warm"',
      );
    expect(await namesIn(cwd)).toEqual(["config.yaml", "report.txt"]);
  });

  it("is told of prompts, too, where the command asks a model", async () => {
    await using server = await fakeServer();
    const yaml = `${twoSections(server.url)}prompts:\n  qa_rating: Rate this.\n`;
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": yaml });
    const created = await quern(["-c", "config.yaml", "create", "report.txt"], { cwd });
    expectError(created, 2, "config.yaml:9: prompts.qa_rating has neither {question} and {answer} nor {pairs}");
    expect(server.requests).toEqual([]);
    const ingested = await quern(["-c", "config.yaml", "ingest", "report.txt"], { cwd });
    expect(ingested.exitCode).toBe(0);
    expect(ingested.stderr).toContain("warning: config.yaml:9: prompts.qa_rating");
  });

  it("is told of files that are not there", async () => {
    const yaml = "generation: {examples: none.jsonl}\ncurate:\n  contamination: {files: [report.txt, gone.json]}\n";
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": yaml });
    const { stdout, exitCode } = await quern(["config", "check", "config.yaml"], { cwd });
    expect(exitCode).toBe(2);
    expect(stdout).toContain("✗ config.yaml:1: generation.examples: there is no file none.jsonl");
    expect(stdout).toContain("✗ config.yaml:3: curate.contamination.files: there is no file gone.json");
    const created = await quern(["-c", "config.yaml", "create", "report.txt"], { cwd });
    expectError(created, 2, "config.yaml:1: generation.examples: there is no file none.jsonl");
  });

  it("and is no reason to stop is a warning, with the name that may be meant", async () => {
    const cwd = await folderWith({ "report.txt": documentText(1), "config.yaml": "genration: {seed: 1}\n" });
    const { stderr, exitCode } = await quern(["-c", "config.yaml", "ingest", "report.txt"], { cwd });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("warning: config.yaml:1: the key genration is not known; did you mean generation?");
  });
});

describe("config", () => {
  it("check tells whether a file can be used", async () => {
    const cwd = await folderWith({
      "good.yaml": "generation: {seed: 1}\n",
      "odd.yaml": "generation: {sed: 1}\n",
      "bad.yaml": "curate: {threshold: 99}\n",
    });
    const good = await quern(["config", "check", "good.yaml"], { cwd });
    expect([good.exitCode, good.stdout]).toEqual([0, "✓ good.yaml can be used"]);
    const odd = await quern(["config", "check", "odd.yaml"], { cwd });
    expect(odd.exitCode).toBe(0);
    expect(odd.stdout).toContain("! odd.yaml:1: the key generation.sed is not known; did you mean generation.seed?");
    const bad = await quern(["config", "check", "bad.yaml", "--json"], { cwd });
    expect(bad.exitCode).toBe(2);
    expect(parsedStdout(bad)).toMatchObject({ ok: false, exit_code: 2 });
    const missing = await quern(["config", "check", "none.yaml"], { cwd });
    expect(missing.exitCode).toBe(2);
    expect(missing.stdout).toContain("cannot read the config file none.yaml");
  });

  it("show tells every value and where it comes from", async () => {
    const cwd = await folderWith({ "config.yaml": "generation:\n  seed: 7\n" });
    const changed = await quern(["-c", "config.yaml", "config", "show", "--changed"], { cwd });
    expect(changed.stdout).toMatch(/^generation\.seed: 7 +# config\.yaml:2$/);
    const section = await quern(["config", "show", "paths.output"], { cwd });
    expect(section.stdout.split("\n")).toHaveLength(4);
    expectError(await quern(["config", "show", "genration"], { cwd }), 2, "nothing called genration");
  });

  it("of the defaults has no warnings, in any locale", async () => {
    const cwd = await folderWith({
      "config.yaml": await readFile(new URL("../../configs/default.yaml", import.meta.url), "utf8"),
    });
    const { stdout, exitCode } = await quern(["config", "check", "config.yaml"], {
      cwd,
      env: { LC_ALL: "C", LANG: "C" },
    });
    expect([exitCode, stdout]).toEqual([0, "✓ config.yaml can be used"]);
  });
});
