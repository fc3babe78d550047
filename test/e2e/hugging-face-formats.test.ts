/** Every storage and format, read by the Python libraries that trainers use. Nothing is fetched from a hub. */
import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { quern, root } from "../support/command.js";
import { folderWith } from "../support/folders.js";

const python = path.join(root, ".venv", "bin", "python");
const present = existsSync(python);
if (!present)
  console.warn(
    "LOUD: Python's libraries are absent, so their reading of what save-as writes is not tested. Run test/python/install.sh",
  );

interface Table {
  rows: number;
  columns: string[];
  features: string;
  first: Record<string, unknown[]>;
}

let cwd = "";

async function read<T extends unknown[]>(...requests: { how: string; path: string; builder?: string }[]): Promise<T> {
  const asked = requests.map((one) => ({ ...one, path: path.join(cwd, one.path) }));
  const cache = path.join(cwd, "cache");
  const env = { HF_HUB_OFFLINE: "1", HF_DATASETS_CACHE: cache, TRANSFORMERS_VERBOSITY: "error" };
  const { stdout } = await execa(python, [path.join(root, "test/python/read_saved.py"), JSON.stringify(asked)], {
    env,
  });
  return JSON.parse(stdout.split("\n").at(-1)!) as T;
}

async function save(...flags: string[]): Promise<void> {
  const { stderr, exitCode } = await quern(["save-as", "in.json", ...flags], { cwd });
  expect(exitCode, stderr).toBe(0);
}

const records = Array.from({ length: 60 }, (_, i) => ({
  question: `What is written in part ${i}? 你好 🙂`,
  answer: `Line one of ${i}\nline two, with "quotes" and a \\ backslash.`,
  provenance: {
    document: `d${i % 12}.txt`,
    hash: `h${i % 12}`,
    chunk: i,
    span: [i, i + 9],
    model: "m",
    prompt: "p@1",
    seed: i,
    ...(i === 2 ? { page: 4 } : {}),
  },
  ...(i % 2 === 0 ? { rating: 7.5 } : {}),
}));
const split = ["--split", "train=0.75,validation=0.0833333,test=0.1666667"];

beforeAll(async () => {
  if (!present) return;
  cwd = await folderWith({ "in.json": { summary: "", qa_pairs: records } });
});

describe.runIf(present)("Hugging Face's datasets, Lance, pyarrow and transformers", () => {
  it("open a Parquet file: types, nulls, lists of structs, compressed", async () => {
    await save("--storage", "parquet", "-o", "plain.parquet");
    await save("--storage", "parquet", "-f", "chatml", "-o", "chat.parquet");
    const [plain, arrow, chat] = await read<
      [{ train: Table }, { rows: number; codec: string; first: Record<string, unknown[]> }, { train: Table }]
    >(
      { how: "load_files", path: "plain.parquet", builder: "parquet" },
      { how: "read_parquet", path: "plain.parquet" },
      { how: "load_files", path: "chat.parquet", builder: "parquet" },
    );
    expect(plain.train).toMatchObject({ rows: 60, columns: ["question", "answer", "provenance", "rating"] });
    expect(arrow).toMatchObject({ rows: 60, codec: "SNAPPY" });
    for (const first of [plain.train.first, arrow.first]) {
      expect(first["question"]).toEqual(records.slice(0, 3).map(({ question }) => question));
      expect(first["answer"]).toEqual(records.slice(0, 3).map(({ answer }) => answer));
      expect(first["rating"]).toEqual([7.5, null, 7.5]);
      expect(first["provenance"]).toEqual(records.slice(0, 3).map(({ provenance }) => ({ page: null, ...provenance })));
    }
    expect(chat.train.first["messages"]![0]).toEqual([
      { role: "system", content: "You are a helpful AI assistant." },
      { role: "user", content: records[0]!.question },
      { role: "assistant", content: records[0]!.answer },
    ]);
  });

  it("open folders with splits by the card alone: json, jsonl, parquet, and hf both ways", async () => {
    for (const storage of ["json", "jsonl", "parquet", "hf"])
      await save("--storage", storage, "-f", "ft", ...split, "--license", "cc-by-4.0", "-o", `set-${storage}`);
    const found = await read<Record<string, Table>[]>(
      ...["json", "jsonl", "parquet", "hf"].map((storage) => ({ how: "load_folder", path: `set-${storage}` })),
      { how: "load_from_disk", path: "set-hf" },
    );
    for (const one of found) {
      expect(Object.entries(one).map(([name, { rows }]) => [name, rows])).toEqual([
        ["train", 45],
        ["validation", 5],
        ["test", 10],
      ]);
      expect(one["test"]!.columns).toEqual(["messages"]);
      expect(one["test"]!.first).toEqual(found[0]!["test"]!.first);
    }
    const [card] = await read<[Record<string, unknown>]>({ how: "card", path: "set-hf/README.md" });
    expect(card).toMatchObject({
      license: "cc-by-4.0",
      language: ["en"],
      size_categories: ["n<1K"],
      tags: ["synthetic", "quern"],
    });
  });

  it("open a Lance dataset, with its card inside, and one with splits", async () => {
    await save("--storage", "lance", "-f", "sharegpt", "-o", "set.lance");
    await save("--storage", "lance", "-f", "jsonl", ...split, "-o", "set-lance");
    const [whole, test] = await read<[Table, Table]>(
      { how: "read_lance", path: "set.lance" },
      { how: "read_lance", path: "set-lance/test.lance" },
    );
    expect(whole).toMatchObject({ rows: 60, columns: ["conversations"] });
    expect(whole.first["conversations"]![0]).toEqual([
      { from: "human", value: records[0]!.question },
      { from: "gpt", value: records[0]!.answer },
    ]);
    expect(test).toMatchObject({ rows: 10, columns: ["question", "answer", "provenance", "rating"] });
  });

  it("open text files of each format, arrays and lines", async () => {
    const formats = ["jsonl", "alpaca", "ft", "chatml", "sharegpt", "openai"];
    for (const format of formats) await save("-f", format, "-o", `text-${format}.json`);
    const found = await read<{ train: Table }[]>(
      ...formats.map((format) => ({ how: "load_files", path: `text-${format}.json`, builder: "json" })),
    );
    expect(found.map(({ train }) => train.rows)).toEqual(formats.map(() => 60));
    expect(found[1]!.train.columns).toEqual(["instruction", "input", "output"]);
    expect(found[4]!.train.columns).toEqual(["conversations"]);
  });

  it("a tokenizer's chat template takes every conversation", async () => {
    await save("-f", "chatml", "-o", "template.json");
    const [rendered] = await read<[{ rows: number; first: string; tokens: number }]>({
      how: "chat_template",
      path: "template.json",
      builder: "json",
    });
    expect(rendered.rows).toBe(60);
    expect(rendered.first).toBe(
      `<|im_start|>system\nYou are a helpful AI assistant.<|im_end|>\n<|im_start|>user\n${records[0]!.question}<|im_end|>\n<|im_start|>assistant\n${records[0]!.answer}<|im_end|>\n`,
    );
    expect(rendered.tokens).toBeGreaterThan(5);
  });

  it("OpenAI's checks of fine-tuning data find nothing", async () => {
    await save("-f", "openai", "-o", "openai.jsonl");
    const [problems, alpaca] = await read<[string[], string[]]>(
      { how: "openai_rules", path: "openai.jsonl" },
      { how: "openai_rules", path: "text-jsonl.json" },
    );
    expect(problems).toEqual([]);
    // They do find something where there is something.
    expect(alpaca).toHaveLength(60);
  });
});
