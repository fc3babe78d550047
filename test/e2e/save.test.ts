/** `save-as` as users call it: outputs, splits, merging, the card, configuration, previews; what must not be lost. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { main, quern, root } from "../support/command.js";
import { documentText, readJson, readLines } from "../support/documents.js";
import { fakeServer } from "../support/fake-server.js";
import { expectError, parsedStdout } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";

const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    question: `Question ${i}?`,
    answer: `Answer ${i}.`,
    provenance: {
      document: `d${i % 10}.txt`,
      hash: `h${i % 10}`,
      chunk: i,
      span: [i, i + 1],
      model: "m",
      prompt: "p",
      seed: i,
    },
  }));
const pairs = [
  { question: "What is synthetic data?", answer: "Data made by a model." },
  { question: "Why use it?", answer: "It is cheap." },
];

describe("what the peer's tests say of save-as, under their names", () => {
  it("test_save_as_command, test_single_file_save_as_still_works: a bare list, the output honoured", async () => {
    const cwd = await folderWith({ "in.json": pairs });
    const { stdout, exitCode } = await quern(["save-as", "in.json", "--format", "jsonl", "--output", "out.jsonl"], {
      cwd,
    });
    expect([exitCode, stdout]).toEqual([0, "Converted to jsonl format and saved to out.jsonl"]);
    expect(await readLines(path.join(cwd, "out.jsonl"))).toEqual(pairs);
  });

  it("test_convert_format, test_convert_format_with_filtered_pairs, test_convert_format_with_conversations", async () => {
    const conversation = pairs.map(({ question, answer }) => [
      { role: "system", content: "s" },
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]);
    const cwd = await folderWith({
      "qa.json": { qa_pairs: pairs },
      "f.json": { filtered_pairs: pairs },
      "c.json": { conversations: conversation },
    });
    await quern(["save-as", "qa.json", "-f", "alpaca", "-o", "alpaca.json"], { cwd });
    await quern(["save-as", "f.json", "-f", "ft", "-o", "ft.json"], { cwd });
    await quern(["save-as", "c.json", "-f", "chatml", "-o", "chatml.json"], { cwd });
    expect(await readJson(path.join(cwd, "alpaca.json"))).toEqual(
      pairs.map((one) => ({ instruction: one.question, input: "", output: one.answer })),
    );
    const ft = await readJson<{ messages: { role: string }[] }[]>(path.join(cwd, "ft.json"));
    expect(ft.map(({ messages }) => messages.map(({ role }) => role))).toEqual(
      pairs.map(() => ["system", "user", "assistant"]),
    );
    expect(await readLines(path.join(cwd, "chatml.json"))).toEqual(conversation.map((messages) => ({ messages })));
  });

  it("test_process_multiple_files, test_process_directory, test_partial_processing_failures", async () => {
    const cwd = await folderWith({ "in/a.json": pairs.slice(0, 1), "in/b.json": pairs.slice(1), "in/notes.txt": "no" });
    const good = await quern(["save-as", "in", "-o", "out", "--json"], { cwd });
    expect(parsedStdout(good)).toMatchObject({
      outputs: ["out/a.jsonl", "out/b.jsonl"],
      failures: [],
      counts: { "records saved": 2 },
    });
    await writeFile(path.join(cwd, "in/b.json"), "{");
    const partial = await quern(["save-as", "in", "-o", "out2", "--json"], { cwd });
    expect(partial.exitCode).toBe(3);
    expect(parsedStdout(partial)).toMatchObject({ outputs: ["out2/a.jsonl"], failures: [{ input: "in/b.json" }] });
  });

  it("test_save_as_unknown_format, test_save_as_unrecognized_data_format", async () => {
    const cwd = await folderWith({ "in.json": { text: "no" } });
    expectError(await quern(["save-as", "in.json", "-f", "csv"], { cwd }), 2, 'Unknown format type "csv"');
    expectError(await quern(["save-as", "in.json"], { cwd }), 1, "Unrecognized data format");
  });

  it("test_save_as_preview_mode: the command it suggests keeps the flags, and does what was shown", async () => {
    const cwd = await folderWith({ "in/a.json": records(40), "in/b.json": pairs });
    const flags = [
      "-f",
      "ft",
      "--storage",
      "parquet",
      "--split",
      "train=0.5,test=0.5",
      "--merge",
      "--name",
      "my set",
      "--system",
      "",
      "--license",
      "mit",
      "-o",
      "new out/",
    ];
    const { stdout, exitCode } = await quern(["save-as", "in", ...flags, "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Preview: scanning directory in for format conversion (ft format)...");
    expect(stdout).toContain("Supported files: 2");
    const command = stdout.split("\n").at(-1)!.trim();
    expect(command).toBe(
      "quern save-as in -f ft --storage parquet --split train=0.5,test=0.5 --system '' --license mit -o 'new out/' --merge --name 'my set'",
    );
    expect(await namesIn(cwd)).toEqual(["in"]);
    const shell = command.replace(/^quern/, `'${process.execPath}' '${main}'`);
    await promisify(execFile)("sh", ["-c", shell], { cwd });
    expect(await namesIn(cwd, "new out/my set_ft_parquet")).toContain("train.parquet");
  });
});

describe("-o", () => {
  it("names a folder of splits with and without a directory; a slash says into it", async () => {
    const cwd = await folderWith({ "in.json": records(40) });
    for (const [output, folder] of [
      ["set", "set"],
      ["deep/er/set", "deep/er/set"],
      ["into/", "into/in_jsonl"],
    ] as const) {
      const { stderr, exitCode } = await quern(["save-as", "in.json", "--split", "train=0.8,test=0.2", "-o", output], {
        cwd,
      });
      expect(exitCode, stderr).toBe(0);
      expect(await namesIn(cwd, folder)).toEqual([
        "README.md",
        "axolotl.yaml",
        "dataset_info.json",
        "test.jsonl",
        "train.jsonl",
      ]);
    }
  });

  it.each(["hf", "lance", "splits"])("a folder with anything else in it is not replaced: %s", async (what) => {
    const cwd = await folderWith({ "in.json": records(40), "work/precious.txt": "years of work" });
    const flags = what === "splits" ? ["--split", "train=0.8,test=0.2"] : ["--storage", what];
    expectError(await quern(["save-as", "in.json", ...flags, "-o", "work"], { cwd }), 2, "work", "precious.txt");
    expect(await namesIn(cwd, "work")).toEqual(["precious.txt"]);
    expect(await readFile(path.join(cwd, "work/precious.txt"), "utf8")).toBe("years of work");
    // A file is no folder either.
    expectError(await quern(["save-as", "in.json", ...flags, "-o", "in.json"], { cwd }), 2, "in.json is a file");
  });
});

describe("the configuration", () => {
  it("default, include_metadata, pretty_json, system, reasoning and splits do what they say", async () => {
    const config = `format:
  default: sharegpt
  include_metadata: false
  pretty_json: false
  system: Be short.
  reasoning: think-tags
  splits: {train: 0.8, test: 0.2}
`;
    const cot = records(20).map((one) => ({ ...one, reasoning: "Because." }));
    const cwd = await folderWith({ "in.json": { cot_examples: cot }, "config.yaml": config });
    const { stderr, exitCode } = await quern(["-c", "config.yaml", "save-as", "in.json"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain("has no effect");
    const folder = path.join(cwd, "data/final/in_sharegpt");
    expect(await namesIn(folder)).toEqual([
      "README.md",
      "axolotl.yaml",
      "dataset_info.json",
      "test.json",
      "train.json",
    ]);
    const train = await readFile(path.join(folder, "train.json"), "utf8");
    expect(train.trimEnd().split("\n")).toHaveLength(18);
    const [first] = JSON.parse(train) as { conversations: object[] }[];
    expect(first!.conversations).toEqual([
      { from: "system", value: "Be short." },
      { from: "human", value: expect.stringMatching(/^Question/) as string },
      { from: "gpt", value: expect.stringMatching(/^<think>\nBecause\.\n<\/think>\n\nAnswer/) as string },
    ]);
  });

  it.each([
    [["--split", "train=0.5"], "add up to 0.5"],
    [["--license", "cc"], ""],
    [["--license", "mine"], '"mine" is not an identifier'],
    [["--trainer", "trl"], 'unknown trainer "trl"'],
    [["--trainer", "axolotl", "--storage", "lance"], "no trainer reads the storage lance"],
    [["--system", "x"], "--system has no place in the format jsonl"],
    [["--name", "x"], "--name is of a merged dataset"],
    [["--storage", "csv"], 'unknown storage "csv"'],
  ])("%s", async (flags, reason) => {
    const cwd = await folderWith({ "in.json": pairs });
    const result = await quern(["save-as", "in.json", ...flags], { cwd });
    if (reason === "") expect(result.exitCode).toBe(0);
    else expectError(result, 2, reason);
  });
});

it("run divides its dataset as the configuration says, and its card tells of the curation", async () => {
  await using server = await fakeServer();
  const cwd = await folderWith({
    "docs/a.txt": documentText(1),
    "docs/b.txt": documentText(2),
    "config.yaml": "format: {default: ft, splits: {train: 0.5, test: 0.5}}\n",
  });
  const args = ["-c", "config.yaml", "run", "docs", "-n", "2", "-t", "1", ...server.flags];
  const { stderr, exitCode } = await quern(args, { cwd });
  expect(exitCode, stderr).toBe(0);
  const folder = path.join(cwd, "data/final/docs_ft");
  expect(await namesIn(folder)).toEqual([
    "README.md",
    "__provenance__",
    "axolotl.yaml",
    "dataset_info.json",
    "test.json",
    "train.json",
  ]);
  for (const split of ["train", "test"]) {
    const sources = await readLines<{ document: string }>(path.join(folder, `__provenance__/${split}.jsonl`));
    expect(new Set(sources.map(({ document }) => document)).size).toBe(1);
    expect(await readJson<unknown[]>(path.join(folder, `${split}.json`))).toHaveLength(sources.length);
  }
  expect(await readFile(path.join(folder, "README.md"), "utf8")).toMatch(/Of \d+ records \d+ were kept/);
});

it("what save-as wrote is read again and converted", async () => {
  const cwd = await folderWith({ "in.json": pairs });
  await quern(["save-as", "in.json", "-f", "openai", "-o", "a.jsonl"], { cwd });
  await quern(["save-as", "a.jsonl", "-f", "sharegpt", "-o", "b.json"], { cwd });
  const { stderr, exitCode } = await quern(["save-as", "b.json", "-f", "alpaca", "-o", "c.json"], { cwd });
  expect(exitCode, stderr).toBe(0);
  expect(await readJson(path.join(cwd, "c.json"))).toEqual(
    pairs.map((one) => ({ instruction: one.question, input: "", output: one.answer })),
  );
});

it("memory stays where it is: ten times the records do not take ten times the memory", async () => {
  const peaks = [];
  for (const count of [5_000, 50_000]) {
    const cwd = await folderWith({ "in.json": { qa_pairs: records(count) } });
    const script = `
      const { save, datasetOptions, loadConfig } = await import(${JSON.stringify(path.join(root, "dist/index.js"))});
      const { config } = await loadConfig({ flags: { format: { default: "ft" } } });
      await save(["in.json"], { dataset: datasetOptions(config, "parquet"), outputFor: () => "out.parquet" });
      console.log(process.resourceUsage().maxRSS);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd });
    peaks.push(Number(stdout));
  }
  expect(peaks[1]! / peaks[0]!).toBeLessThan(3);
});
