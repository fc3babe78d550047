/** What is around the command: a full disk, a reader that goes away, scripts that read its output. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main, quern } from "../support/command.js";
import { expectError, parsedStdout, skipLoudly } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

const text = "The mill was built in 1820. It grinds rye and wheat. The miller is called Anna.\n";
/** Text that no compression makes small. */
const long = Array.from({ length: 4000 }, (_, i) => createHash("sha256").update(String(i)).digest("base64")).join(" ");
const pairs = { qa_pairs: Array.from({ length: 1000 }, (_, i) => ({ question: `Q${i}?`, answer: "A".repeat(200) })) };

describe("a full disk", () => {
  let cwd: string;
  let disk: string;
  let mounted = false;
  beforeAll(async () => {
    cwd = await folderWith({ "long.txt": long, "mill.txt": text, "pairs.json": pairs });
    disk = path.join(cwd, "disk");
    await mkdir(disk);
    const result = await execa("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { reject: false });
    mounted = result.exitCode === 0;
    if (!mounted) skipLoudly(`a full disk: no small disk can be mounted here`);
  });
  afterAll(async () => {
    if (mounted) await execa("umount", [disk]);
  });

  it.each([
    ["ingest", ["ingest", "long.txt", "-o", "disk"]],
    ["save-as", ["save-as", "pairs.json", "-o", "disk/out.jsonl"]],
    ["save-as -f alpaca", ["save-as", "pairs.json", "-f", "alpaca", "-o", "disk/out.json"]],
    ["save-as --storage hf", ["save-as", "pairs.json", "--storage", "hf", "-o", "disk/out"]],
  ])("%s: exit 1, the disk is full, nothing half-written is left", async (_, args) => {
    if (!mounted) return;
    const result = await quern(args, { cwd });
    expect(await namesIn(disk)).toEqual([]);
    expectError(result, 1, "disk is full", "disk/", "free some space");
    expect(result.stderr).not.toContain(".tmp");
  });

  it("create: exit 1, the disk is full, and with space the same command goes on", async () => {
    if (!mounted) return;
    await using server = await fakeServer();
    const filler = path.join(disk, "filler");
    await writeFile(filler, new Uint8Array(64 * 1024));
    const args = ["create", "mill.txt", "-n", "1", "-o", "disk/made", ...server.flags];
    await mkdir(path.join(disk, "made"));
    expectError(await quern(args, { cwd }), 1, "disk/made", "free some space");
    expect(await namesIn(disk, "made")).toEqual([]);

    await execa("rm", [filler]);
    const again = await quern(args, { cwd });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await namesIn(disk, "made")).toContain("mill_qa_pairs.json");
  });
});

describe("a reader that goes away", () => {
  it.each(["true", "head -n 1"])("(| %s) does not end the work", async (reader) => {
    const names = Array.from({ length: 8 }, (_, i) => `d${i}`);
    const cwd = await folderWith(Object.fromEntries(names.map((name) => [`docs/${name}.txt`, text])));
    const line = `"$NODE" "$QUERN" ingest docs -o out 2>errors | ${reader}; echo \${PIPESTATUS[0]}`;
    const env = { NODE: process.execPath, QUERN: main };
    const { stdout } = await execa("bash", ["-c", line], { cwd, env });
    expect(await namesIn(cwd, "out")).toEqual(names.map((name) => `${name}.lance`));
    expect(stdout.split("\n").at(-1)).toBe("0");
    expect(await readFile(path.join(cwd, "errors"), "utf8")).not.toMatch(/EPIPE|^\s+at /m);
  });
});

describe("--json", () => {
  it("ends with one JSON object on stdout, for each command", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "mill.txt": text });
    for (const [args, output] of [
      [["ingest", "mill.txt"], "data/parsed/mill.lance"],
      [["create", "data/parsed/mill.lance", "-n", "2", ...server.flags], "data/generated/mill_qa_pairs.json"],
      [["curate", "data/generated/mill_qa_pairs.json", ...server.flags], "data/curated/mill_qa_pairs_cleaned.json"],
      [["save-as", "data/curated/mill_qa_pairs_cleaned.json"], "data/final/mill_qa_pairs_cleaned.jsonl"],
      [["run", "mill.txt", "-n", "1", "--show", "1", ...server.flags], "data/final/mill.jsonl"],
    ] as const) {
      const result = await quern([...args, "--json"], { cwd });
      expect(result.exitCode, result.stderr).toBe(0);
      expect(parsedStdout(result)).toMatchObject({ command: args[0], exit_code: 0, outputs: [output], failures: [] });
    }
  });

  it("says what failed, of several inputs", async () => {
    const cwd = await folderWith({ "good.txt": text, "bad.txt": "" });
    const result = await quern(["ingest", "good.txt", "bad.txt", "--json"], { cwd });
    expect(result.exitCode).toBe(3);
    expect(parsedStdout(result)).toMatchObject({ exit_code: 3, failures: [{ input: "bad.txt" }] });
    expect(result.stdout).toContain("it is empty");
  });

  it.each([
    ["an input that is not there", 1, ["ingest", "gone.txt"]],
    ["an output that cannot be written", 1, ["ingest", "mill.txt", "-o", "mill.txt/out"]],
    ["a configuration that cannot be used", 2, ["ingest", "mill.txt", "-c", "gone.yaml"]],
    ["a model that is not there", 1, ["create", "mill.txt", "-m", "gone.gguf"]],
  ])("says why the whole command failed: %s", async (_, exitCode, args) => {
    const cwd = await folderWith({ "mill.txt": text });
    const result = await quern([...args, "--json"], { cwd });
    expect(result.exitCode).toBe(exitCode);
    const summary = parsedStdout(result);
    expect(summary).toMatchObject({ command: args[0], exit_code: exitCode });
    // The same sentence as on stderr.
    expect(result.stderr).toContain(summary["error"]);
  });

  it("is one JSON object with --preview too", async () => {
    const cwd = await folderWith({ "docs/mill.txt": text });
    expect(parsedStdout(await quern(["ingest", "docs", "--preview", "--json"], { cwd }))).toMatchObject({
      exit_code: 0,
    });
  });
});

describe("--quiet", () => {
  it("prints nothing where all goes well", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "mill.txt": text });
    for (const args of [
      ["ingest", "mill.txt"],
      ["create", "data/parsed/mill.lance", "-n", "2", ...server.flags],
      ["curate", "data/generated/mill_qa_pairs.json", ...server.flags],
      ["save-as", "data/curated/mill_qa_pairs_cleaned.json"],
      ["run", "mill.txt", "-n", "1", ...server.flags],
    ]) {
      const { stdout, stderr, exitCode } = await quern([...args, "--quiet"], { cwd });
      expect({ args, stdout, stderr, exitCode }).toEqual({ args, stdout: "", stderr: "", exitCode: 0 });
    }
  });

  it("still says what failed", async () => {
    const cwd = await folderWith({ "good.txt": text, "bad.txt": "" });
    const result = await quern(["ingest", "good.txt", "bad.txt", "-q"], { cwd });
    expectError(result, 3, "bad.txt", "it is empty");
    expect(result.stdout).toBe("");
  });
});

describe("--verbose", () => {
  it.each(["--verbose", "-v", "-qv"])(
    "(%s) shows where an error comes from, which is otherwise left out",
    async (flag) => {
      const args = ["ingest", "gone.txt"];
      expect((await quern(args)).stderr).not.toMatch(/^\s+at /m);
      expect((await quern([...args, flag])).stderr).toMatch(/^\s+at .*discover/m);
    },
  );
});
