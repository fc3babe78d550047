/** What `save-as --storage hf` writes, opened by Hugging Face's own library. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { quern, root, temporaryFolder } from "../support/command.js";

const python = path.join(root, ".venv", "bin", "python");
const present = existsSync(python);
if (!present)
  console.warn(
    "LOUD: Python's datasets library is absent, so its reading of what quern writes is not tested. Run test/python/install.sh",
  );

interface Opened {
  columns: string[];
  rows: number;
  records: Record<string, unknown[]>;
}

async function open(folder: string): Promise<Opened> {
  const { stdout } = await execa(python, [path.join(root, "test/python/read_dataset.py"), folder], {
    env: { HF_HUB_OFFLINE: "1" },
  });
  return JSON.parse(stdout) as Opened;
}

const pairs = [
  {
    question: "Wie heißt das? 你好 🙂",
    answer: "Line one\nline two",
    rating: 8,
    provenance: { document: "a.txt", hash: "00", chunk: 0, span: [0, 120], page: 3, seed: 4294967295 },
  },
  {
    question: "Second?",
    answer: "Yes",
    rating: 7.5,
    provenance: { document: "a.txt", hash: "00", chunk: 1, span: [100, 220] },
  },
];

describe.runIf(present)("datasets.load_from_disk", () => {
  it("opens every format, with all its records and their types", async () => {
    const cwd = await temporaryFolder();
    await writeFile(path.join(cwd, "x.json"), JSON.stringify({ summary: "", qa_pairs: pairs }));
    for (const format of ["jsonl", "alpaca", "ft", "chatml"])
      expect((await quern(["save-as", "x.json", "-f", format, "--storage", "hf"], { cwd })).exitCode).toBe(0);

    const plain = await open(path.join(cwd, "data/final/x_jsonl_hf"));
    expect(plain).toMatchObject({ columns: ["question", "answer", "rating", "provenance"], rows: 2 });
    expect(plain.records["question"]).toEqual(pairs.map((pair) => pair.question));
    expect(plain.records["answer"]).toEqual(pairs.map((pair) => pair.answer));
    expect(plain.records["rating"]).toEqual([8, 7.5]);
    expect(plain.records["provenance"]![0]).toEqual(pairs[0]!.provenance);
    // What a record lacks is null there.
    expect(plain.records["provenance"]![1]).toEqual({ ...pairs[1]!.provenance, page: null, seed: null });

    const alpaca = await open(path.join(cwd, "data/final/x_alpaca_hf"));
    expect(alpaca).toMatchObject({ columns: ["instruction", "input", "output"], rows: 2 });

    for (const format of ["ft", "chatml"]) {
      const chat = await open(path.join(cwd, `data/final/x_${format}_hf`));
      expect(chat).toMatchObject({ columns: ["messages"], rows: 2 });
      expect(chat.records["messages"]![0]).toMatchObject([
        { role: "system" },
        { role: "user", content: pairs[0]!.question },
        { role: "assistant", content: pairs[0]!.answer },
      ]);
    }
  });

  it("opens one of many batches", async () => {
    const cwd = await temporaryFolder();
    const many = Array.from({ length: 2500 }, (_, i) => ({ question: `Question ${i}?`, answer: `Answer ${i}.` }));
    await writeFile(path.join(cwd, "many.json"), JSON.stringify(many));
    expect((await quern(["save-as", "many.json", "--storage", "hf", "-o", "out"], { cwd })).exitCode).toBe(0);
    const opened = await open(path.join(cwd, "out"));
    expect(opened.rows).toBe(2500);
    expect(opened.records["answer"]![2499]).toBe("Answer 2499.");
  });
});
