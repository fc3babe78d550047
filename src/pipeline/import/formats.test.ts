import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../errors.js";
import { folderWith } from "../../../test/support/folders.js";
import type { ImportRow } from "./format.js";
import { importFormatOf } from "./index.js";
import { wantedColumns } from "./mapping.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/parquet", import.meta.url));
const wanted = wantedColumns({});

async function rowsIn(name: string, content: unknown, columns = wanted): Promise<ImportRow[]> {
  const file = path.join(await folderWith({ [name]: content }), name);
  return await rowsOf(file, columns);
}

async function rowsOf(file: string, columns = wanted): Promise<ImportRow[]> {
  const opened = await importFormatOf(file).open(file, columns);
  return await listOf(opened.rows());
}

async function listOf(rows: AsyncIterable<ImportRow>): Promise<ImportRow[]> {
  const list: ImportRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

const valuesOf = (rows: readonly ImportRow[]) => rows.map((row) => ("value" in row ? row.value : row.reason));

describe("csv", () => {
  const expected = [
    { input: "a", output: "b\nc" },
    { input: "d, e; f", output: 'g "h"' },
  ];
  it.each([
    ["commas", 'input,output\na,"b\nc"\n"d, e; f","g ""h"""\n'],
    ["semicolons and CRLF", 'input;output\r\na;"b\nc"\r\n"d, e; f";"g ""h"""\r\n'],
    ["tabs", 'input\toutput\na\t"b\nc"\nd, e; f\t"g ""h"""\n'],
    ["a byte order mark", '\uFEFFinput,output\na,"b\nc"\n"d, e; f","g ""h"""'],
    ["blank lines", 'input,output\n\na,"b\nc"\n\n\n"d, e; f","g ""h"""\n\n'],
    ["other columns and spaces in names", ' input ,x,output\na,1,"b\nc"\n"d, e; f",2,"g ""h"""\n'],
  ])("with %s", async (_, text) => {
    const rows = await rowsIn("a.csv", text);
    expect(valuesOf(rows)).toEqual(expected.map((one) => expect.objectContaining(one) as unknown));
    expect(rows.map(({ where }) => where)).toEqual(["row 2", "row 3"]);
  });

  it("in UTF-16 and in windows-1252, which is told", async () => {
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("input,output\né,東京\n", "utf16le")]);
    expect(valuesOf(await rowsIn("w.csv", wide))).toEqual([{ input: "é", output: "東京" }]);
    const file = path.join(
      await folderWith({
        "l.csv": Buffer.from("input,output\nWie alt ist die M\xfchle?,zweihundert Jahre alt\n", "latin1"),
      }),
      "l.csv",
    );
    const opened = await importFormatOf(file).open(file, wanted);
    expect(valuesOf(await listOf(opened.rows()))).toEqual([
      { input: "Wie alt ist die Mühle?", output: "zweihundert Jahre alt" },
    ]);
    expect(opened.warnings().join()).toContain("windows-1252");
  });

  it("whose texts are full of another delimiter is divided by the one of its header", async () => {
    const texts = Array.from({ length: 50 }, (_, i) => `a;b;c;${i},d;e;f`).join("\n");
    expect(valuesOf(await rowsIn("a.csv", `input,output\n${texts}\n`))[0]).toEqual({
      input: "a;b;c;0",
      output: "d;e;f",
    });
  });

  it("a row with more cells than columns is told with its cells; one with fewer lacks them", async () => {
    const rows = await rowsIn("a.csv", "input,output\na,b,c\nd\ne,f,\n");
    expect(rows).toEqual([
      { number: 2, where: "row 2", reason: expect.stringContaining("3 cells") as unknown, text: '["a","b","c"]' },
      { number: 3, where: "row 3", value: { input: "d" } },
      { number: 4, where: "row 4", value: { input: "e", output: "f" } },
    ]);
  });

  it.each([
    ["without anything", "", "empty"],
    ["with two columns of a name", "input,input,output\na,b,c\n", 'two columns are called "input"'],
    ["with a quote that is never closed", `input,output\n"a,${"b\n".repeat(100)}`, "is opened and not closed"],
    ["that is binary", Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 1, 2, 0xff, 0xfe, 0, 0, 5]), "binary"],
  ])("%s is refused", async (_, content, reason) => {
    const refused = rowsIn("a.csv", content);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(reason);
  });

  it("keeps every text, whatever is in it", async () => {
    // Bytes that look like another encoding, or a mark of the order of bytes, are a matter of decoding.
    const text = fc
      .string({ unit: "grapheme-ascii", minLength: 1 })
      .filter((one) => one.trim() === one && !/[\r\0]/.test(one));
    const quoted = (one: string) => `"${one.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), async (pairs) => {
        const table = ["input,output", ...pairs.map(([a, b]) => `${quoted(a)},${quoted(b)}`)].join("\n");
        expect(valuesOf(await rowsIn("p.csv", table))).toEqual(pairs.map(([input, output]) => ({ input, output })));
      }),
      { seed: 8, numRuns: 60 },
    );
  });
});

describe("json", () => {
  const pair = { question: "q", answer: "a" };
  it.each<[string, string, unknown, string[]]>([
    ["lines", "a.jsonl", `${JSON.stringify(pair)}\n\n${JSON.stringify(pair)}\n`, ["line 1", "line 3"]],
    ["one line", "a.jsonl", JSON.stringify({ input: "q", output: "a" }), ["line 1"]],
    ["a list", "a.json", JSON.stringify([pair, pair], null, 1), ["record 1 (line 2)", "record 2 (line 6)"]],
    ["a list in an object", "a.json", JSON.stringify({ summary: "s", qa_pairs: [pair] }), ["record 1 (line 1)"]],
    ["one object", "a.json", JSON.stringify({ input: { n: 1 }, output: "a" }, null, 1), ["record 1 (line 1)"]],
    ["an object of a conversation", "a.json", '{"messages":[{"role":"user","content":"q"}]}', ["record 1 (line 1)"]],
  ])("%s", async (_, name, content, places) => {
    const rows = await rowsIn(name, content);
    expect(rows.map(({ where }) => where)).toEqual(places);
    expect(rows.every((row) => "value" in row)).toBe(true);
  });

  it("a broken line is told with what stands there, and the others are read", async () => {
    const rows = await rowsIn("a.jsonl", `${JSON.stringify(pair)}\n{"question": "q", \n${JSON.stringify(pair)}\n`);
    expect(rows[1]).toMatchObject({
      where: "line 2",
      text: '{"question": "q", ',
      reason: expect.stringContaining("it is not JSON") as unknown,
    });
    expect(rows).toHaveLength(3);
  });

  it("a list that is cut off is refused, with the place", async () => {
    await expect(rowsIn("a.json", '[{"input": "a", "output": "b"},\n{"input": "c"')).rejects.toThrow(
      /line 2.*after 1 complete/,
    );
    await expect(rowsIn("a.json", "5")).rejects.toThrow("holds no objects");
  });

  it("says which other list of the file is not read", async () => {
    const file = path.join(await folderWith({ "a.json": { qa_pairs: [pair], cot_examples: [pair] } }), "a.json");
    const opened = await importFormatOf(file).open(file, wanted);
    expect(opened.warnings()).toEqual([expect.stringContaining('"cot_examples"')]);
  });
});

describe("parquet", () => {
  it.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4"])("compressed with %s", async (name) => {
    const rows = await rowsOf(path.join(fixtures, `${name}.parquet`), [
      "question",
      "answer",
      "n",
      "big",
      "when",
      "tags",
      "f",
    ]);
    expect(rows).toHaveLength(25);
    expect(rows[24]).toEqual({
      number: 25,
      where: "row 25",
      value: {
        question: "What is 24? 東京 é",
        answer: "It is 24.",
        n: null,
        big: String(2n ** 60n + 24n),
        when: "2026-01-01T00:00:24.000Z",
        tags: ["a", "t24"],
        f: 6,
      },
    });
  });

  it("with conversations, and only the columns that are wanted", async () => {
    const [first] = await rowsOf(path.join(fixtures, "messages.parquet"));
    expect(first).toMatchObject({
      value: {
        messages: [
          { role: "system", content: "s" },
          { role: "user", content: "q0" },
          { role: "assistant", content: "a0" },
        ],
      },
    });
    const [row] = await rowsOf(path.join(fixtures, "zstd.parquet"));
    expect(row).toMatchObject({ value: { question: "What is 0? 東京 é", answer: "It is 0.", tags: ["a", "t0"] } });
    expect(Object.keys((row as { value: object }).value)).toHaveLength(3);
  });

  it.each([
    ["no Parquet", "input,output\na,b\n"],
    ["cut off", Buffer.from("PAR1aaaaaaaaaaaaaaaa")],
    ["small", Buffer.from("PA")],
  ])("that is %s is refused", async (_, content) => {
    await expect(rowsIn("a.parquet", content)).rejects.toThrow(/a\.parquet cannot be read as Parquet/);
  });
});

it("a name that tells nothing is refused with what there is, and can be said", () => {
  expect(() => importFormatOf("a.xlsx")).toThrow("a.xlsx: what it is cannot be told by its name");
  expect(importFormatOf("a.txt", "csv").name).toBe("csv");
  expect(() => importFormatOf("a.csv", "xml")).toThrow('there is no format "xml"');
});
