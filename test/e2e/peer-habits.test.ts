/** What synthetic-data-kit's tests say of ingest, create and curate holds here, said of the command as it is started. */
import path from "node:path";
import { connect } from "@lancedb/lancedb";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { readJson } from "../support/documents.js";
import { expectError } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { longConversation, peerConfig, peerGenerated, peerPairs } from "../support/peer.js";

const text = "Synthetic data is made by a model. It is cheap, and there is as much of it as one likes.\n";

interface Generated {
  summary: string;
  qa_pairs: { question: string; answer: string; rating?: number }[];
}

describe("--preview", () => {
  const docs = { "docs/a.txt": text, "docs/b.html": `<p>${text}</p>`, "docs/c.xyz": "", "docs/deep/d.txt": text };
  const records = { "records/a_qa_pairs.json": peerGenerated, "records/b.json": peerGenerated, "records/c.txt": "" };

  it.each([
    ["ingest", ["docs"], ["a.txt", "b.html"], ["ingestion"]],
    ["create", ["docs", "--type", "qa"], ["a.txt", "b.html"], ["qa processing"]],
    ["curate", ["records", "--threshold", "7.0"], ["a_qa_pairs.json", "b.json"], ["curation"]],
    ["save-as", ["records", "-f", "alpaca"], ["a_qa_pairs.json"], ["for format", "conversion", "alpaca format"]],
  ])("%s of a directory counts its files and names the command", async (command, args, names, words) => {
    const cwd = await folderWith({ ...docs, ...records });
    const { stdout, exitCode } = await quern([command, ...args, "--preview"], { cwd });
    expect(exitCode).toBe(0);
    for (const part of ["Preview: scanning directory", "Total files: 3", "Supported files: 2", "Unsupported files: 1"])
      expect(stdout).toContain(part);
    for (const part of [...names, ...words, "To process these files, run:"]) expect(stdout).toContain(part);
    expect(stdout).toMatch(new RegExp(`quern ${command} ${args[0]!}`));
    expect(await namesIn(cwd)).not.toContain("data");
  });

  it("counts per extension", async () => {
    const cwd = await folderWith({ ...docs, "docs/e.TXT": text });
    const { stdout } = await quern(["ingest", "docs", "--preview"], { cwd });
    expect(stdout).toMatch(/\.txt: 2\n/);
    expect(stdout).toMatch(/\.html: 1\n/);
  });

  it("of an empty directory finds nothing, and that is no failure", async () => {
    const cwd = await folderWith({ ".hidden": "" });
    const { stdout, exitCode } = await quern(["ingest", ".", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Total files: 0");
    expect(stdout).toContain("No supported files found");
  });

  it("of a file says that it is for directories, and does not process it", async () => {
    const cwd = await folderWith({ "a.txt": text });
    const { stdout, exitCode } = await quern(["ingest", "a.txt", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Preview mode is only available for directories");
    expect(await namesIn(cwd)).toEqual(["a.txt"]);
  });

  it("of a directory of datasets counts them", async () => {
    const cwd = await folderWith({ "a.txt": text, "b.txt": text });
    await quern(["ingest", "a.txt", "b.txt"], { cwd });
    const { stdout } = await quern(["create", "data/parsed", "--preview"], { cwd });
    expect(stdout).toContain("Supported files: 2");
  });
});

describe("names of outputs", () => {
  it("document, dataset, pairs, curated, final: as the peer names them, and in its words", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "report.txt": text });
    for (const [args, words, output] of [
      [["ingest", "report.txt"], "Text successfully extracted", "data/parsed/report.lance"],
      [
        ["create", "data/parsed/report.lance", "--type", "qa", ...server.flags],
        "Content saved to",
        "data/generated/report_qa_pairs.json",
      ],
      [
        ["curate", "data/generated/report_qa_pairs.json", "--threshold", "7.0", ...server.flags],
        "Cleaned content saved to",
        "data/curated/report_qa_pairs_cleaned.json",
      ],
      [
        ["save-as", "data/curated/report_qa_pairs_cleaned.json", "--format", "jsonl"],
        "Converted to jsonl format",
        "data/final/report_qa_pairs_cleaned.jsonl",
      ],
    ] as const) {
      const { stdout, stderr, exitCode } = await quern(args, { cwd });
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(words);
      expect(stdout).toContain(output);
      expect(await namesIn(cwd, path.dirname(output))).toContain(path.basename(output));
    }
  });

  it.each([
    ["summary", "report_summary.json", ["summary"]],
    ["cot", "report_cot_examples.json", ["summary", "cot_examples", "conversations"]],
    ["qa", "report_qa_pairs.json", ["summary", "qa_pairs"]],
  ])("create --type %s writes %s with %j", async (type, name, keys) => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "report.txt": text });
    const { stderr, exitCode } = await quern(
      ["create", "report.txt", "--type", type, "-n", "2", "-o", "out", ...server.flags],
      { cwd },
    );
    expect(exitCode, stderr).toBe(0);
    const content = await readJson<Record<string, unknown[]>>(path.join(cwd, "out", name));
    expect(Object.keys(content)).toEqual(expect.arrayContaining(keys));
    if (type === "cot") {
      expect(content["cot_examples"]).toHaveLength(2);
      expect(Object.keys(content["cot_examples"]![0] as object)).toEqual(
        expect.arrayContaining(["question", "reasoning", "answer"]),
      );
      expect(content["conversations"]![0]).toMatchObject([{ role: "system" }, { role: "user" }, { role: "assistant" }]);
    }
  });

  it("ingest --name names the dataset, with and without its ending", async () => {
    const cwd = await folderWith({ "report.txt": text });
    await quern(["ingest", "report.txt", "-n", "one"], { cwd });
    await quern(["ingest", "report.txt", "--name", "two.lance"], { cwd });
    expect(await namesIn(cwd, "data/parsed")).toEqual(["one.lance", "two.lance"]);
  });

  it("ingest --name with a directory is ignored, with a warning", async () => {
    const cwd = await folderWith({ "docs/a.txt": text });
    const { stdout, stderr, exitCode } = await quern(["ingest", "docs", "--name", "x"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout + stderr).toContain("Warning: --name option is ignored when processing directories");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance"]);
  });

  it("a dataset may be named with the slash that completion puts behind it", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "report.txt": text });
    await quern(["ingest", "report.txt"], { cwd });
    const { stderr, exitCode } = await quern(["create", "data/parsed/report.lance/", "-n", "1", ...server.flags], {
      cwd,
    });
    expect(exitCode, stderr).toBe(0);
    expect(await namesIn(cwd, "data/generated")).toContain("report_qa_pairs.json");
  });

  it("curate -o takes a file without a directory, or a directory", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a_qa_pairs.json": peerGenerated });
    await quern(["curate", "a_qa_pairs.json", "-o", "name.json", ...server.flags], { cwd });
    await quern(["curate", "a_qa_pairs.json", "-o", "out/", ...server.flags], { cwd });
    expect(await namesIn(cwd)).toContain("name.json");
    expect(await namesIn(cwd, "out")).toContain("a_qa_pairs_cleaned.json");
  });
});

describe("directories", () => {
  it("are read without what is below them, unless asked; files of other kinds are left out", async () => {
    const cwd = await folderWith({ "docs/a.txt": text, "docs/b.xyz": "x", "docs/deep/c.txt": text });
    const flat = await quern(["ingest", "docs", "-o", "flat"], { cwd });
    const deep = await quern(["ingest", "docs", "-o", "deep", "--recursive"], { cwd });
    expect([flat.exitCode, deep.exitCode]).toEqual([0, 0]);
    expect(await namesIn(cwd, "flat")).toEqual(["a.lance"]);
    expect(await namesIn(cwd, "deep")).toEqual(["a.lance", "c.lance"]);
  });

  it("of datasets are worked on one by one", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a.txt": text, "b.txt": `Another. ${text}` });
    await quern(["ingest", "a.txt", "b.txt"], { cwd });
    const { stderr, exitCode } = await quern(["create", "data/parsed", "-n", "1", ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(0);
    const made = (await namesIn(cwd, "data/generated")).filter((name) => !name.endsWith(".report.json"));
    expect(made).toEqual(["a_qa_pairs.json", "b_qa_pairs.json"]);
  });

  it("with a file that fails: the others are done", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "in/good.json": peerGenerated, "in/bad.json": "not JSON" });
    expectError(await quern(["curate", "in", ...server.flags], { cwd }), 3, "bad.json");
    expect(await namesIn(cwd, "data/curated")).toContain("good_cleaned.json");
  });
});

describe("create and curate", () => {
  it("create reads a dataset with the column text only, as the peer writes it", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith();
    const table = await (await connect(cwd)).createTable("a", [{ text: "The first page." }, { text: "The second." }]);
    table.close();
    const { stderr, exitCode } = await quern(["create", "a.lance", "-n", "1", ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(server.requests[0]?.prompt).toContain("The first page.\n\nThe second.");
    expect(await namesIn(cwd, "data/generated")).toContain("a_qa_pairs.json");
  });

  it.each([
    ["pairs", peerGenerated],
    ["a bare list", peerPairs],
    ["filtered_pairs", { filtered_pairs: peerPairs }],
  ])("curate takes %s; ratings of 8 and 6 at 7 keep one", async (_, content) => {
    await using server = await fakeServer({ rate: (prompt) => (prompt.includes("Why use it?") ? 6 : 8) });
    const cwd = await folderWith({ "x.json": content });
    const { stderr, exitCode } = await quern(["curate", "x.json", "-t", "7", "-o", "y.json", ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(0);
    const curated = await readJson<Generated & { metrics: object; conversations: unknown }>(path.join(cwd, "y.json"));
    expect(curated.qa_pairs).toMatchObject([{ ...peerPairs[0], rating: 8 }]);
    expect(curated.metrics).toMatchObject({ total: 2, filtered: 1, retention_rate: 0.5, avg_score: 7 });
    expect(curated.conversations).toMatchObject([[{ role: "system" }, { role: "user" }, { role: "assistant" }]]);
  });

  it("curate of nothing to rate says so in the peer's words", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "x.json": {} });
    expectError(await quern(["curate", "x.json", ...server.flags], { cwd }), 1, "No QA pairs or CoT examples found");
  });

  it("curate rates a question of a conversation with the answer that was given to it", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "x.json": [{ conversations: longConversation }] });
    await quern(["curate", "x.json", ...server.flags], { cwd });
    const [request] = server.requests;
    expect(request?.prompt).toMatch(/Question: When was the mill built\?\nAnswer: In 1820\./);
  });
});

describe("the peer's configuration", () => {
  it("works before and behind the subcommand; doubled braces are single ones, and every key has an effect", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a.txt": text, "config.yaml": peerConfig(server.url) });
    const before = await quern(["-c", "config.yaml", "create", "a.txt", "-o", "one"], { cwd });
    const behind = await quern(["create", "a.txt", "-o", "two", "--config", "config.yaml"], { cwd });
    expect(before.exitCode, before.stderr).toBe(0);
    expect(behind.exitCode, behind.stderr).toBe(0);
    const made = await readJson<Generated>(path.join(cwd, "one/a_qa_pairs.json"));
    expect(made.qa_pairs).toHaveLength(2);

    const prompts = server.requests.map(({ prompt }) => prompt);
    expect(prompts).toContainEqual(
      expect.stringContaining(
        `Create 2 question-answer pairs. Return JSON only:\n[{"question": "...", "answer": "..."}]\nText: ${text.trim()}`,
      ),
    );
    // Every key of its configuration is known and has an effect.
    expect(before.stderr).not.toMatch(/not known|no effect/);

    const curated = await quern(["-c", "config.yaml", "curate", "one/a_qa_pairs.json", "-o", "c.json"], { cwd });
    expect(curated.exitCode, curated.stderr).toBe(0);
    expect(server.requests.at(-1)?.prompt).toContain('Return [{"question": "...", "answer": "...", "rating": 8}]');
    expect(server.requests.at(-1)?.prompt).not.toContain("{pairs}");
  });
});
