/** Command lines and configurations that cannot be meant: refused before any work, naming flag or key. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { main, quern } from "../support/command.js";
import { expectError, expectUsageError } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

const text = "The mill was built in 1820. It grinds rye and wheat. The miller is called Anna.\n";
const pairs = { qa_pairs: [{ question: "When was the mill built?", answer: "In 1820." }] };

/** A folder with one of everything that a command takes, and nothing that it made. */
const inputs = { "mill.txt": text, "pairs.json": pairs };
const inputNames = Object.keys(inputs).sort();

const commandLines: [string, string[]][] = [
  ["-n, --num-pairs", ["create", "mill.txt", "-n", "0"]],
  ["-n, --num-pairs", ["create", "mill.txt", "-n", "-3"]],
  ["-n, --num-pairs", ["create", "mill.txt", "-n", "x"]],
  ["-n, --num-pairs", ["create", "mill.txt", "-n", "2.5"]],
  ["-n, --num-pairs", ["run", "mill.txt", "-n", "0"]],
  ["--num-pairs-per-chunk", ["create", "mill.txt", "--num-pairs-per-chunk", "0"]],
  ["--seed", ["create", "mill.txt", "--seed", "1.5"]],
  ["-t, --threshold", ["curate", "pairs.json", "-t", "11"]],
  ["-t, --threshold", ["curate", "pairs.json", "-t", "0"]],
  ["-t, --threshold", ["curate", "pairs.json", "-t", "high"]],
  ["-t, --threshold", ["run", "mill.txt", "-t", "10.5"]],
  ["--show", ["run", "mill.txt", "-n", "1", "--show", "-1"]],
  ["--chunk-size", ["create", "mill.txt", "--chunk-size", "12 bananas"]],
  ["--chunk-size", ["create", "mill.txt", "--chunk-size", "-5"]],
  ["--chunk-overlap", ["create", "mill.txt", "--chunk-overlap", "much"]],
  ["--provider", ["create", "mill.txt", "--provider", "cloud"]],
  ["--frobnicate", ["ingest", "mill.txt", "--frobnicate"]],
  ["argument missing", ["ingest", "mill.txt", "-o"]],
  ["missing required argument 'path'", ["create"]],
  ["unknown command 'ingset'", ["ingset", "mill.txt"]],
];

describe("a wrong command line: exit 2, the flag named, nothing done", () => {
  it.each(commandLines)("%s in: %j", async (named, args) => {
    const cwd = await folderWith(inputs);
    expectUsageError(await quern(args, { cwd, timeoutMs: 20_000 }), named);
    expect(await namesIn(cwd)).toEqual(inputNames);
  });

  it.each([
    ["content type", "poem", ["create", "mill.txt", "--type", "poem"], "qa, summary, cot"],
    ["Unknown format type", "parquet", ["save-as", "pairs.json", "-f", "parquet"], "jsonl, alpaca, ft, chatml"],
    ["storage", "csv", ["save-as", "pairs.json", "--storage", "csv"], "json, jsonl, parquet, hf, lance"],
    ["--type", "summary", ["run", "mill.txt", "--type", "summary"], "quern create"],
    ["no path", "data/input", ["ingest"], "paths.input"],
    ["--name", "../mill", ["ingest", "mill.txt", "--name", "../mill"], "-o"],
  ])("%s %s, and what there is instead", async (named, value, args, instead) => {
    const cwd = await folderWith(inputs);
    expectError(await quern(args, { cwd }), 2, named, value, instead);
    expect(await namesIn(cwd)).toEqual(inputNames);
  });

  it.each(["ingest", "create", "curate", "save-as", "run"])("of %s points to --help", async (command) => {
    const { stderr } = await quern([command, "mill.txt", "--frobnicate"]);
    expect(stderr).toContain("--help");
  });

  it("no arguments at all: exit 2, with what there is", async () => {
    const { stdout, stderr, exitCode } = await quern([]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Usage: quern/);
    expect(stdout).toBe("");
  });

  it("a number of records beyond all reason is refused, not tried", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith(inputs);
    // A small heap: should it be tried, it must not take the machine's memory.
    const env = { NODE_OPTIONS: "--max-old-space-size=300" };
    const args = ["create", "mill.txt", "-n", "1000000000", ...server.flags];
    const { exitCode, stderr } = await quern(args, { cwd, env, timeoutMs: 60_000 });
    expect(exitCode, stderr.slice(0, 300)).toBe(2);
    expect(stderr).toContain("-n");
  });

  it("chunks of nothing: exit 2", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith(inputs);
    const result = await quern(["create", "mill.txt", "--chunk-size", "0", ...server.flags], { cwd });
    expectError(result, 2, "at least 1", "--chunk-size");
    expect(server.requests).toHaveLength(0);
  });

  it("chunks larger than the context: exit 2 with the arithmetic", async () => {
    await using server = await fakeServer({ contextTokens: 2048 });
    const cwd = await folderWith(inputs);
    const result = await quern(["create", "mill.txt", "--chunk-size", "999999 tokens", ...server.flags], { cwd });
    expectError(result, 2, "999999 tokens", "context 2048", "prompt", "answer", "margin", "--chunk-size");
    const [context, prompt, answer, margin, left] = result.stderr.match(/\d+(?= - | leaves|;)|(?<=leaves )\d+/g)!;
    expect(Number(context) - Number(prompt) - Number(answer) - Number(margin)).toBe(Number(left));
    expect(server.requests).toHaveLength(0);
  });

  it.each(["100", "150"])("an overlap of %s in chunks of 100: exit 2, both named", async (overlap) => {
    await using server = await fakeServer();
    const cwd = await folderWith(inputs);
    const args = ["create", "mill.txt", "--chunk-size", "100", "--chunk-overlap", overlap, ...server.flags];
    expectError(await quern(args, { cwd }), 2, `overlap`, `(${overlap})`, "(100)", "--chunk-overlap");
  });
});

const badConfigs: [string, string, string[]][] = [
  ["a wrong type", "generation:\n  num_pairs: many\n", ["generation.num_pairs", "number"]],
  ["a number out of range", "curate: {threshold: 70}\n", ["curate.threshold", "10"]],
  ["a section that is none", "generation: 5\n", ["generation"]],
  ["a list", "- generation\n", ["not a configuration"]],
  ["broken YAML", "curate:\n  threshold: 7\n  temperature: [0.1\nformat: {\n", ["not valid YAML", "line 4"]],
  ["a key given twice", "curate:\n  threshold: 7\n  threshold: 8\n", ["not valid YAML", "line 3"]],
];

describe("a configuration", () => {
  it.each(badConfigs)("with %s: exit 2, file and key or line named", async (_, content, parts) => {
    const cwd = await folderWith({ ...inputs, "my.yaml": content });
    expectError(await quern(["ingest", "mill.txt", "-c", "my.yaml"], { cwd }), 2, "my.yaml", ...parts);
    expect(await namesIn(cwd)).not.toContain("data");
  });

  it("that is not there: exit 2, and named", async () => {
    const cwd = await folderWith(inputs);
    expectError(await quern(["ingest", "mill.txt", "-c", "gone.yaml"], { cwd }), 2, "gone.yaml", "-c");
    expect(await namesIn(cwd)).toEqual(inputNames);
  });

  it("with unknown keys is used: each is named in a warning", async () => {
    const cwd = await folderWith({ ...inputs, "my.yaml": "wibble: 2\ngeneration: {num_paris: 3}\n" });
    const result = await quern(["ingest", "mill.txt", "-c", "my.yaml"], { cwd });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toContain("warning: my.yaml:1: the key wibble is not known");
    expect(result.stderr).toContain(
      "warning: my.yaml:2: the key generation.num_paris is not known; did you mean generation.num_pairs?",
    );
    expect(await namesIn(cwd, "data/parsed")).toEqual(["mill.lance"]);
  });

  it.each(["qa_generation", "cot_generation"])(
    "whose prompt %s lacks {text}: exit 2, the prompt named",
    async (name) => {
      await using server = await fakeServer();
      const cwd = await folderWith({ ...inputs, "my.yaml": `prompts: {${name}: Write something.}\n` });
      const result = await quern(
        ["create", "mill.txt", "--type", name.split("_")[0]!, "-c", "my.yaml", ...server.flags],
        {
          cwd,
        },
      );
      expectError(result, 2, `prompts.${name}`, "{text}");
      expect(server.requests).toHaveLength(0);
      expect(await namesIn(cwd)).not.toContain("data");
    },
  );

  it("whose rating prompt shows no pair: exit 2, before anything is rated", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ ...inputs, "my.yaml": "prompts: {qa_rating: How good is it?}\n" });
    const result = await quern(["curate", "pairs.json", "-c", "my.yaml", ...server.flags], { cwd });
    expectError(result, 2, "prompts.qa_rating", "{question}");
    expect(server.requests).toHaveLength(0);
  });
});

describe("help", () => {
  it.each(["ingest", "create", "curate", "save-as", "run"])("%s --help has an example", async (command) => {
    const { stdout, stderr, exitCode } = await quern([command, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n {2}quern ${command} \\S`));
    expect(stderr).toBe("");
  });

  it("--help tells the exit codes, and leaves nothing behind", async () => {
    const cwd = await folderWith();
    const { stdout, exitCode } = await quern(["--help"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Exit codes: 0 .*1 .*2 .*3 .*130/);
    expect(stdout).toMatch(/Example:\n {2}quern \S/);
    expect(await namesIn(cwd)).toEqual([]);
  });

  it("--version is that of the package", async () => {
    const manifest = await readFile(path.join(path.dirname(main), "../../package.json"), "utf8");
    const { stdout, exitCode } = await quern(["--version"]);
    expect(exitCode).toBe(0);
    expect(stdout.trim()).toBe((JSON.parse(manifest) as { version: string }).version);
  });
});

describe("an output that cannot be written", () => {
  it.each([
    ["ingest", ["ingest", "mill.txt", "-o", "file/out"]],
    ["create", ["create", "mill.txt", "-n", "1", "-o", "file/out"]],
    ["curate", ["curate", "pairs.json", "-o", "file/out/x.json"]],
    ["save-as", ["save-as", "pairs.json", "-o", "file/out/x.jsonl"]],
    ["save-as --storage hf", ["save-as", "pairs.json", "--storage", "hf", "-o", "file/out/x"]],
    ["run", ["run", "mill.txt", "-n", "1", "-o", "file/out"]],
  ])("%s: exit 1, the folder named, before any request", async (command, args) => {
    await using server = await fakeServer();
    const cwd = await folderWith(inputs);
    await writeFile(path.join(cwd, "file"), "a file, not a folder");
    const usesModel = !["ingest", "save-as", "save-as --storage hf"].includes(command);
    const result = await quern([...args, ...(usesModel ? server.flags : [])], { cwd });
    expectError(result, 1, "file/out", "-o");
    expect(server.requests).toHaveLength(0);
    expect(await namesIn(cwd)).toEqual(["file", ...inputNames]);
  });
});
