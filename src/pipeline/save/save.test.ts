import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { tableFromIPC } from "apache-arrow";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../config/load.js";
import { save } from "../stages/save.js";
import type { Observer } from "../stages/stage.js";
import { sizeCategory } from "./card/card.js";
import { licenseNamed } from "./card/licenses.js";
import { foldersContent } from "./existing.js";
import { type DatasetOptions, datasetOptions, outputNameOf } from "./options.js";
import { parseSplits } from "./splits.js";
import { saveStorageNamed, saveStorages } from "./storages/index.js";
import { trainersNamed } from "./trainers.js";

let root = "";
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "quern save "));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folderWith(files: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = path.join(root, String(folders++));
  await mkdir(folder);
  for (const [name, content] of Object.entries(files))
    await writeFile(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return folder;
}

/** Records of ten documents with all that may be missing missing somewhere. */
function records(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({
    question: `Frage ${i}: 你好 🙂 "\n"?`,
    answer: `Answer \ud800 number ${i}, which is written in English so that its language can be told.`,
    provenance: {
      document: `d${i % 10}.txt`,
      hash: `h${i % 10}`,
      chunk: i,
      span: [i, i + 1],
      model: "m",
      prompt: "qa@1",
      seed: i,
      ...(i % 3 === 0 ? { page: i } : {}),
    },
    ...(i % 2 === 0 ? { rating: i % 4 === 0 ? 8 : 7.5 } : {}),
    ...(i % 5 === 0 ? { nothing: null, empty: {}, none: [] } : {}),
    tags: i % 7 === 0 ? [] : ["a", null],
  }));
}

async function options(
  given: Omit<Partial<DatasetOptions>, "format" | "storage"> & { name?: string; as?: string } = {},
): Promise<DatasetOptions> {
  const { as = "json", name = "jsonl", ...others } = given;
  const { config } = await loadConfig({ flags: { format: { default: name } } });
  return { ...datasetOptions(config, as), ...others };
}

async function run(inputs: readonly string[], dataset: DatasetOptions, output: string, merge = false) {
  const said: string[] = [];
  const tell = (text: string) => void said.push(text);
  const observer: Observer = { warn: tell, detail: tell, made: tell, progress: () => undefined };
  const result = await save(inputs, { dataset, outputFor: () => output, merge, observer });
  return { result, said };
}

/** All files below a folder, relative, with a digest of each. */
async function digests(folder: string): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    all[path.relative(folder, file)] = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  }
  return all;
}

const lines = async (file: string) =>
  (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("storages", () => {
  it("test_to_hf_dataset: columns in order, one row for each record", async () => {
    const folder = await folderWith({ "in.json": { qa_pairs: records(25) } });
    await run([path.join(folder, "in.json")], await options({ as: "hf" }), path.join(folder, "out"));
    const table = tableFromIPC(await readFile(path.join(folder, "out/data-00000-of-00001.arrow")));
    expect(table.numRows).toBe(25);
    expect(table.schema.fields.slice(0, 2).map(({ name }) => name)).toEqual(["question", "answer"]);
  });

  it("parquet holds what was written: lists, objects, nulls, halves of surrogate pairs", async () => {
    const folder = await folderWith({ "in.json": records(30) });
    const output = path.join(folder, "x.parquet");
    await run([path.join(folder, "in.json")], await options({ as: "parquet" }), output);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
    expect(rows).toHaveLength(30);
    expect(rows[3]).toMatchObject({
      question: records(4)[3]!["question"],
      provenance: { document: "d3.txt", page: 3n, span: [3n, 4n] },
      tags: ["a", null],
    });
    expect(rows[3]!["answer"]).toContain("Answer \ufffd number 3");
    expect(rows[1]!["provenance"]).toHaveProperty("page", null);
    expect(rows[0]!["tags"]).toEqual([]);
  });

  it("jsonl writes lines, whatever the format; compact arrays where JSON is not pretty", async () => {
    const folder = await folderWith({ "in.json": records(3) });
    const input = path.join(folder, "in.json");
    await run([input], await options({ as: "jsonl", name: "alpaca" }), path.join(folder, "a.jsonl"));
    expect(await lines(path.join(folder, "a.jsonl"))).toHaveLength(3);
    await run([input], await options({ name: "alpaca", pretty: false }), path.join(folder, "a.json"));
    const text = await readFile(path.join(folder, "a.json"), "utf8");
    expect(text.trimEnd().split("\n")).toHaveLength(5);
    expect(JSON.parse(text)).toHaveLength(3);
  });

  it("a column whose values have different types is refused by its name, and what stood there stays", async () => {
    const folder = await folderWith({
      "in.json": [
        { question: "q", answer: "a", x: 1 },
        { question: "q", answer: "a", x: "1" },
      ],
      "x.parquet": "earlier",
    });
    const { result } = await run(
      [path.join(folder, "in.json")],
      await options({ as: "parquet" }),
      path.join(folder, "x.parquet"),
    );
    expect(result.failures[0]!.error).toContain("the column x has values of different types");
    expect(await readFile(path.join(folder, "x.parquet"), "utf8")).toBe("earlier");
    expect((await readdir(folder)).sort()).toEqual(["in.json", "x.parquet"]);
  });

  it("an unknown one is named, with those there are", () => {
    expect(() => saveStorageNamed("csv")).toThrow('unknown storage "csv"');
  });

  const same = saveStorages.filter(({ name }) => name !== "lance").map(({ name }) => name);
  it.each(same)("%s: the same input gives the same bytes, with splits too", async (as) => {
    const input = path.join(await folderWith({ "in.json": records(60) }), "in.json");
    for (const splits of [[], parseSplits("train=0.8,test=0.2")]) {
      const found = [];
      for (let i = 0; i < 2; i++) {
        const folder = await folderWith();
        const dataset = await options({
          as,
          name: "ft",
          splits,
          card: true,
          trainers: trainersNamed("llama-factory,axolotl"),
        });
        await run([input], dataset, path.join(folder, outputNameOf(dataset, "x")));
        found.push(await digests(folder));
      }
      expect(Object.keys(found[0]!).length).toBeGreaterThan(3);
      expect(found[0]).toEqual(found[1]);
    }
  });

  it("provenance lies beside formats without a place for it, or nowhere", async () => {
    const input = path.join(await folderWith({ "in.json": records(4) }), "in.json");
    for (const metadata of [true, false]) {
      const folder = await folderWith();
      const dataset = await options({ name: "alpaca" });
      await run([input], { ...dataset, encoding: { ...dataset.encoding, metadata } }, path.join(folder, "a.json"));
      expect(await readdir(folder)).toEqual(metadata ? ["a.json", "a.provenance.jsonl"] : ["a.json"]);
    }
  });
});

describe("splits", () => {
  it("a folder with a file for each; documents are whole, shares are told", async () => {
    const folder = await folderWith({ "in.json": records(100) });
    const output = path.join(folder, "set");
    const { result, said } = await run(
      [path.join(folder, "in.json")],
      await options({ splits: parseSplits("train=0.8,validation=0.1,test=0.1") }),
      output,
    );
    expect(result.counts).toMatchObject({ "records saved": 100, "in train": 80, "in validation": 10, "in test": 10 });
    expect(said).toContain("  validation: 10 records (10.00%)");
    expect((await readdir(output)).sort()).toEqual([
      "README.md",
      "axolotl.yaml",
      "dataset_info.json",
      "test.jsonl",
      "train.jsonl",
      "validation.jsonl",
    ]);
    const documents = await Promise.all(
      ["train", "validation", "test"].map(
        async (split) =>
          new Set(
            (await lines(path.join(output, `${split}.jsonl`))).map(
              (one) => (one["provenance"] as { hash: string }).hash,
            ),
          ),
      ),
    );
    expect(documents.map(({ size }) => size)).toEqual([8, 1, 1]);
    expect(new Set(documents.flatMap((one) => [...one])).size).toBe(10);
  });

  it("one that would be empty is an error, and nothing is written", async () => {
    const folder = await folderWith({ "in.json": records(1) });
    const { result } = await run(
      [path.join(folder, "in.json")],
      await options({ splits: parseSplits("train=0.9,test=0.1") }),
      path.join(folder, "set"),
    );
    expect(result.failures[0]!.error).toContain('the split "test" would be empty');
    expect(await readdir(folder)).toEqual(["in.json"]);
  });
});

describe("merging", () => {
  it("many inputs become one dataset, in their order; of a broken one nothing is written", async () => {
    const folder = await folderWith({
      "a.json": records(3),
      "b.jsonl": JSON.stringify({ question: "b", answer: "b" }),
      "c.json": "{",
    });
    const files = ["a.json", "b.jsonl", "c.json"].map((name) => path.join(folder, name));
    const output = path.join(folder, "all.jsonl");
    const broken = await run(files, await options(), output, true);
    expect(broken.result).toMatchObject({ outputs: [], failures: [{}] });
    const { result } = await run(files.slice(0, 2), await options(), output, true);
    expect(result.counts["records saved"]).toBe(4);
    expect((await lines(output)).map((one) => one["question"]).at(-1)).toBe("b");
    expect((await readdir(folder)).sort()).toEqual(["a.json", "all.jsonl", "b.jsonl", "c.json"]);
  });
});

describe("openai's rules", () => {
  it("what they refuse is counted and left out; of nothing else nothing is written", async () => {
    const bad = {
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: "b" },
        { role: "user", content: "c" },
      ],
    };
    const folder = await folderWith({ "in.json": [{ question: "q", answer: "a" }, bad], "bad.json": [bad] });
    const { result, said } = await run(
      [path.join(folder, "in.json")],
      await options({ name: "openai" }),
      path.join(folder, "o.jsonl"),
    );
    expect(result).toMatchObject({ incomplete: 1, counts: { "records saved": 1, "records refused by the format": 1 } });
    expect(said.join("\n")).toContain("refused by openai: the last message is not the assistant's");
    const none = await run(
      [path.join(folder, "bad.json")],
      await options({ name: "openai" }),
      path.join(folder, "n.jsonl"),
    );
    expect(none.result.failures[0]!.error).toContain("no record can be saved as openai");
  });
});

describe("the card", () => {
  const report = {
    stage: "curate",
    input: "x_qa_pairs.json",
    metrics: { total: 40, filtered: 30, avg_score: 7.5, rated: 40 },
    threshold: 7,
    model: { name: "judge-model" },
    checks: [
      {
        name: "personal_data",
        description: "names | numbers",
        action: "flag",
        seen: 40,
        flagged: 2,
        dropped: 1,
        changed: 0,
        scores: null,
      },
      {
        name: "groundedness",
        description: "supported by the text",
        action: "drop",
        seen: 40,
        flagged: 0,
        dropped: 5,
        changed: 0,
        scores: { count: 40, mean: 0.8 },
      },
    ],
  };

  async function cardOf(files: Readonly<Record<string, unknown>>, given: Parameters<typeof options>[0]) {
    const folder = await folderWith(files);
    const inputs = Object.keys(files)
      .filter((name) => !name.includes("report"))
      .map((name) => path.join(folder, name));
    const { said } = await run(inputs, await options(given), path.join(folder, "set"), true);
    const text = await readFile(path.join(folder, "set/README.md"), "utf8");
    const [, front, body] = text.split(/^---\n/m);
    return { front: parse(front!) as Record<string, unknown>, body: body!, said };
  }

  it("has Hugging Face's fields, the splits' files, documents, models and measured quality of all inputs", async () => {
    const { front, body } = await cardOf(
      { "a.json": records(50), "a.report.json": report, "b.json": records(50), "b.report.json": report },
      { as: "parquet", splits: parseSplits("train=0.9,test=0.1"), license: licenseNamed("CC-BY-4.0") },
    );
    expect(front).toMatchObject({
      license: "cc-by-4.0",
      language: ["en"],
      task_categories: ["question-answering", "text-generation"],
      size_categories: ["n<1K"],
      tags: ["synthetic", "quern"],
      configs: [
        {
          config_name: "default",
          data_files: [
            { split: "train", path: "train.parquet" },
            { split: "test", path: "test.parquet" },
          ],
        },
      ],
    });
    expect(body).toContain("Of 80 records 60 were kept (75.00%)");
    expect(body).toContain("the average is 7.5, and those from 7 on were kept");
    expect(body).toContain("Model that rated them: judge-model");
    expect(body).toMatch(/\| groundedness \| supported by the text \| drop \| 80 \| 0 \| 10 \| 0\.80 \|/);
    expect(body).toContain("names \\| numbers");
    expect(body).toContain("4 were flagged and are still among them, 2 were dropped");
    expect(body).toContain("| d3.txt | `h3` | 10 |");
    expect(body).toContain("`qa@1` (100 records)");
  });

  it("invents nothing: neither a license, nor documents, nor quality", async () => {
    const { front, body, said } = await cardOf({ "a.json": [{ question: "12?", answer: "12" }] }, { as: "hf" });
    expect(front["license"]).toBe("unknown");
    expect(front).not.toHaveProperty("language");
    for (const text of [
      "Nobody has said",
      "Not measured",
      "Not looked for",
      "do not say which documents",
      "not recorded",
    ])
      expect(body).toContain(text);
    expect(said.join("\n")).toContain("give it with --license");
  });

  it("knows the identifiers of licenses and the classes of sizes", () => {
    expect(() => licenseNamed("cc-by-5")).toThrow('"cc-by-5" is not an identifier');
    expect([1, 999, 1000, 9999, 10_000, 1_000_000, 2e9].map(sizeCategory)).toEqual([
      "n<1K",
      "n<1K",
      "1K<n<10K",
      "1K<n<10K",
      "10K<n<100K",
      "1M<n<10M",
      "100M<n<1B",
    ]);
  });
});

describe("files for trainers", () => {
  it("LLaMA-Factory's entries of files in one folder are gathered; what is not its own is left alone", async () => {
    const folder = await folderWith({ "in.json": records(2) });
    const trainers = trainersNamed("llama-factory,axolotl");
    for (const name of ["alpaca", "sharegpt"])
      await run([path.join(folder, "in.json")], await options({ name, trainers }), path.join(folder, `x_${name}.json`));
    const info = JSON.parse(await readFile(path.join(folder, "dataset_info.json"), "utf8")) as Record<
      string,
      Record<string, unknown>
    >;
    expect(Object.keys(info)).toEqual(["x_alpaca", "x_sharegpt"]);
    expect(info["x_alpaca"]).toMatchObject({
      file_name: "x_alpaca.json",
      formatting: "alpaca",
      columns: { prompt: "instruction" },
    });
    expect(info["x_sharegpt"]).toMatchObject({
      formatting: "sharegpt",
      columns: { messages: "conversations" },
      tags: { user_tag: "human" },
    });
    expect(parse(await readFile(path.join(folder, "x_alpaca.axolotl.yaml"), "utf8"))).toMatchObject({
      datasets: [{ path: "x_alpaca.json", ds_type: "json", type: "alpaca" }],
    });
    await writeFile(path.join(folder, "dataset_info.json"), '{"features": {}}');
    await expect(
      run([path.join(folder, "in.json")], await options({ name: "ft", trainers }), path.join(folder, "y.json")),
    ).rejects.toThrow("is not LLaMA-Factory's");
  });

  it("keep apart from the file of the same name in Hugging Face's folder", async () => {
    const folder = await folderWith({ "in.json": records(2) });
    await run([path.join(folder, "in.json")], await options({ as: "hf", name: "ft" }), path.join(folder, "set"));
    expect(JSON.parse(await readFile(path.join(folder, "set/dataset_info.json"), "utf8"))).toHaveProperty("features");
    expect(JSON.parse(await readFile(path.join(folder, "set/llama-factory/dataset_info.json"), "utf8"))).toMatchObject({
      set: { file_name: "../data-00000-of-00001.arrow" },
    });
  });

  it("unknown trainers are named", () => {
    expect(() => trainersNamed("axolotl,trl")).toThrow('unknown trainer "trl"');
    expect([trainersNamed("auto"), trainersNamed("none")]).toEqual(["auto", []]);
  });
});

it("tells a folder of a dataset from one that holds anything else", async () => {
  const input = path.join(await folderWith({ "in.json": records(60) }), "in.json");
  for (const { name: as } of saveStorages)
    for (const splits of [[], parseSplits("train=0.8,test=0.2")]) {
      const dataset = await options({ as, splits, name: "ft" });
      if (!saveStorageNamed(as).isFolder && splits.length === 0) continue;
      const output = path.join(await folderWith(), "set");
      await run([input], dataset, output);
      expect(await foldersContent(output)).toBe("dataset");
      await writeFile(path.join(output, "zz precious.txt"), "years of work");
      expect(await foldersContent(output)).toEqual({ other: "zz precious.txt" });
    }
  expect(await foldersContent(path.join(root, "gone"))).toBe("absent");
  expect(await foldersContent(input)).toBe("file");
});
