import { open, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../../test/support/folders.js";
import type { ParsedDocument } from "../document.js";
import { elementsOf, outlineOf } from "./json-stream.js";
import { readable } from "./json-text.js";
import { jsonParser } from "./json.js";
import { jsonlParser } from "./jsonl.js";
import { linesOf } from "./lines.js";
import { fileSource, type RowParser, textOnly } from "./parser.js";

async function readFile(parser: RowParser, file: string, columns: string[] = []): Promise<ParsedDocument[]> {
  const documents: ParsedDocument[] = [];
  for await (const one of parser.rows(fileSource(file), { ...textOnly, columns })) documents.push(one);
  return documents;
}

async function json(content: unknown, columns: string[] = []) {
  const text = typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content);
  return await readFile(jsonParser, path.join(await folderWith({ "a.json": text }), "a.json"), columns);
}

async function lines(content: string | Uint8Array, columns: string[] = []) {
  return await readFile(jsonlParser, path.join(await folderWith({ "a.jsonl": content }), "a.jsonl"), columns);
}

const numbered = (documents: readonly ParsedDocument[]) => documents.map(({ row, text }) => [row, text]);

describe("JSON", () => {
  it("is a document per element of a list of objects or texts", async () => {
    expect(numbered(await json(["one", null, "two"]))).toEqual([
      [1, "one"],
      [3, "two"],
    ]);
    expect(numbered(await json([{ text: "a", id: 1 }, { text: "b" }]))).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(numbered(await json([{ q: "a", n: { x: 1 } }]))).toEqual([[1, "q: a\nn: x: 1"]]);
  });

  it("is a document per element of the only list in an object", async () => {
    const data = { version: 2, items: [{ question: "Q", answer: "A" }] };
    expect(numbered(await json(data))).toEqual([[1, "question: Q\nanswer: A"]]);
    expect(numbered(await json(data, ["answer"]))).toEqual([[1, "A"]]);
  });

  it("takes columns within columns", async () => {
    expect(numbered(await json([{ doc: { body: "x" } }, { doc: { body: "y" } }], ["doc.body"]))).toEqual([
      [1, "x"],
      [2, "y"],
    ]);
  });

  it("is one readable document otherwise", async () => {
    const [document, ...others] = await json({
      name: "mill",
      tags: ["a", "b"],
      owner: { name: "x", years: [1, 2] },
      no: null,
    });
    expect(others).toEqual([]);
    expect(document!.text).toBe("name: mill\ntags:\n  - a\n  - b\nowner:\n  name: x\n  years:\n    - 1\n    - 2");
    expect(document!.row).toBeUndefined();
    expect((await json([[1, 2], [3]]))[0]!.text).toBe("- - 1\n  - 2\n- - 3");
    await expect(json({ a: 1 }, ["a"])).rejects.toThrow('it has no rows, so no column "a"');
  });

  it("may be JSON Lines by another name, and in UTF-16", async () => {
    expect(numbered(await json('{"text": "a"}\n{"text": "b"}\n'))).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(numbered(await json(Buffer.from('\ufeff["Größe"]', "utf16le")))).toEqual([[1, "Größe"]]);
  });

  it("is refused with the reason when cut short, empty, or without the column", async () => {
    await expect(json('[{"text": "a"')).rejects.toThrow(/a\.json: it is not valid JSON: /);
    await expect(json("{}")).rejects.toThrow("there is no text in it");
    await expect(json([{ a: "x" }], ["b"])).rejects.toThrow('it has no column "b"');
    await expect(json([{ text: " " }])).rejects.toThrow("no row with text in it: 1 row without text left out");
  });

  it("may be nested as deeply as it likes", async () => {
    const [document] = await json(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
    expect(document!.text).toContain("more within, below 64 levels");
  });

  it("of any size is read element by element", async () => {
    const folder = await folderWith();
    const file = path.join(folder, "big.json");
    const handle = await open(file, "w");
    const filler = "lorem ipsum ".repeat(80);
    await handle.write('{"version": "1", "items": [');
    for (let i = 0; i < 40; i++) {
      const some = Array.from({ length: 1000 }, (_, n) =>
        JSON.stringify({ id: i * 1000 + n, text: `${i * 1000 + n} ${filler}` }),
      );
      await handle.write(`${i === 0 ? "" : ","}${some.join(",")}`);
    }
    await handle.write("]}");
    await handle.close();
    let count = 0;
    for await (const { text, row } of jsonParser.rows(fileSource(file), textOnly)) {
      expect(text.startsWith(`${count} lorem`)).toBe(true);
      expect(row).toBe(++count);
    }
    expect(count).toBe(40_000);
    await rm(file);
  });
});

describe("JSON piece by piece", () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- pieces come as from a file
  async function* pieces(text: string, size = 7) {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const collect = async (text: string, key?: string) => {
    const values: unknown[] = [];
    for await (const value of elementsOf(pieces(text), key)) values.push(value);
    return values;
  };

  it.each([
    ['[{"a": 1}, "b", null]', { kind: "list" }],
    ["[1, 2]", { kind: "other" }],
    ['{"a": 1, "rows.x": [{"b": [1]}, "c"]}', { kind: "list", key: "rows.x" }],
    ['{"a": [{"b": 1}], "c": [{"d": 2}]}', { kind: "other" }],
    ['{"a": [{"b": 1}], "c": {"d": 2}}', { kind: "other" }],
    ['{"a": 1}', { kind: "other" }],
  ])("tells the outline of %s", async (text, outline) => {
    expect(await outlineOf(pieces(text))).toEqual(outline);
  });

  it("knows lines of JSON", async () => {
    expect(await outlineOf(pieces('{"a": 1}\n{"a": 2}\n', 100))).toEqual({ kind: "lines" });
  });

  it("gives the elements, and says when the file ends too early", async () => {
    expect(await collect('[{"a": [1, {"b": "x"}]}, "y", null, 3]')).toEqual([{ a: [1, { b: "x" }] }, "y", null, 3]);
    expect(await collect('{"n": 1, "rows": [{"a": 1}, {"a": 2}], "m": {"x": 5}}', "rows")).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
    await expect(collect('[{"a": 1}, {"a"')).rejects.toThrow("cut short");
    await expect(collect('[{"a": 1}, nope]')).rejects.toThrow();
  });
});

describe("JSON Lines", () => {
  it("are a document per line, by the number of the line", async () => {
    expect(numbered(await lines('{"text": "a"}\n\n"b"\r\n{"text": "c"}'))).toEqual([
      [1, "a"],
      [3, "b"],
      [4, "c"],
    ]);
  });

  it("count a broken line with its number, and go on", async () => {
    const documents = await lines('{"text": "a"}\n{"text": \nnonsense\n{"text": "d"}\n{"text": ""}\n');
    expect(numbered(documents)).toEqual([
      [1, "a"],
      [4, "d"],
    ]);
    expect(documents.at(-1)!.warnings.join("\n")).toMatch(/that is no JSON left out: .*line 2/);
    expect(documents.at(-1)!.warnings.join("\n")).toMatch(/line 3/);
    expect(documents.at(-1)!.warnings.join("\n")).toContain("1 row without text left out (row 5)");
  });

  it("are refused when no line is usable, with the first reason", async () => {
    await expect(lines("nonsense\nmore\n")).rejects.toThrow(/there is no row with text in it: .*line 1/);
    await expect(lines('{"a": "x"}\n', ["b"])).rejects.toThrow('it has no column "b"');
  });

  it("of which one is too long go on without it, and memory stays flat", async () => {
    const folder = await folderWith();
    const file = path.join(folder, "long.jsonl");
    const handle = await open(file, "w");
    await handle.write('{"text": "a"}\n{"text": "');
    const part = "x".repeat(2 ** 20);
    for (let i = 0; i < 200; i++) await handle.write(part);
    await handle.write('"}\n{"text": "b"}\n');
    await handle.close();
    const before = process.memoryUsage().rss;
    const documents = await readFile(jsonlParser, file);
    expect(numbered(documents)).toEqual([
      [1, "a"],
      [3, "b"],
    ]);
    expect(documents[1]!.warnings).toEqual(["1 row longer than 32 million characters left out (line 2)"]);
    // The line alone would take 200 MB, and several times as much while it is put together.
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
    await rm(file);
  });
});

describe("linesOf", () => {
  it("numbers lines, whatever the pieces", async () => {
    // eslint-disable-next-line @typescript-eslint/require-await -- pieces come as from a file
    async function* pieces() {
      yield* ["a", "b\r", "\n\nccc", "ccc\nd", ""];
    }
    const found = [];
    for await (const line of linesOf(pieces(), 5)) found.push(line);
    expect(found).toEqual([
      { number: 1, text: "ab" },
      { number: 2, text: "" },
      { number: 3, text: "", isTooLong: true },
      { number: 4, text: "d" },
    ]);
  });
});

describe("readable", () => {
  it("writes what people read, and nothing for what is empty", () => {
    expect(readable("a\nb")).toBe("a\nb");
    expect(readable(null)).toBe("");
    expect(readable({ a: "", b: [], c: false, d: 0 })).toBe("c: false\nd: 0");
    expect(readable([{ a: "x\ny", b: 1 }])).toBe("- a:\n    x\n    y\n  b: 1");
  });
});
