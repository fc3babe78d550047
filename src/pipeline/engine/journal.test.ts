import { appendFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { GenerateRequest, GenerateResult } from "../../backends/backend.js";
import { Journal, requestKey } from "./journal.js";
import { canonicalJson, deriveSeed } from "./seed.js";

const result: GenerateResult = {
  text: '[{"question": "Ä\\n\u2028?"}]',
  finishReason: "stop",
  usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 2 },
};

let file: string;
beforeEach(async () => {
  file = path.join(await mkdtemp(path.join(os.tmpdir(), "quern-test-")), ".quern", "x.journal.jsonl");
});

describe("Journal", () => {
  it("gives back what was put, after it is opened again", async () => {
    {
      await using journal = await Journal.open(file);
      await Promise.all(Array.from({ length: 50 }, (_, i) => journal.put(`k${i}`, { ...result, text: `t${i}` })));
    }
    await using journal = await Journal.open(file);
    expect(journal.size).toBe(50);
    expect(journal.get("k17")).toEqual({ ...result, text: "t17" });
    expect(journal.get("other")).toBeUndefined();
  });

  it("has an answer on disk before it says so", async () => {
    await using journal = await Journal.open(file);
    await journal.put("a", result);
    expect(await readFile(file, "utf8")).toContain('"key":"a"');
  });

  it("survives being cut off at any byte: whole lines stay, and new ones can be added", async () => {
    {
      await using journal = await Journal.open(file);
      for (const key of ["a", "b", "c"]) await journal.put(key, result);
    }
    const whole = await readFile(file);
    const lineLength = whole.indexOf("\n") + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        await writeFile(file, whole.subarray(0, length));
        {
          await using journal = await Journal.open(file);
          // A line that lacks nothing but its end is complete.
          expect(journal.size).toBe(Math.floor((length + 1) / lineLength));
          await journal.put("new", result);
        }
        await using again = await Journal.open(file);
        expect(again.get("new")).toEqual(result);
      }),
      { numRuns: 40 },
    );
  });

  it("counts lines that are not its own and goes on", async () => {
    {
      await using journal = await Journal.open(file);
      await journal.put("a", result);
    }
    await appendFile(file, 'garbage\n{"key": 1}\n');
    await using journal = await Journal.open(file);
    expect(journal.damagedLines).toBe(2);
    expect(journal.get("a")).toEqual(result);
  });
});

describe("requestKey", () => {
  const request: GenerateRequest = {
    messages: [{ role: "user", content: "x" }],
    schema: { type: "array", items: {} },
    maxTokens: 5,
    sampling: { temperature: 0, topP: 1, seed: 3 },
  };

  it("does not depend on the order of keys", () => {
    const turned: GenerateRequest = {
      sampling: { seed: 3, topP: 1, temperature: 0 },
      maxTokens: 5,
      schema: { items: {}, type: "array" },
      messages: [{ content: "x", role: "user" }],
    };
    expect(requestKey("m", turned)).toBe(requestKey("m", request));
  });

  it("changes with each thing that determines the answer", () => {
    const keys = [
      requestKey("m", request),
      requestKey("other", request),
      requestKey("m", { ...request, messages: [{ role: "system", content: "x" }] }),
      requestKey("m", { ...request, schema: { type: "array" } }),
      requestKey("m", { ...request, maxTokens: 6 }),
      requestKey("m", { ...request, sampling: { ...request.sampling, seed: 4 } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("canonicalJson", () => {
  it("is JSON that says the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("deriveSeed", () => {
  it("gives unsigned 32-bit numbers that differ with their parts", () => {
    const seeds = Array.from({ length: 500 }, (_, i) => deriveSeed(0, "a", i));
    expect(new Set(seeds).size).toBe(500);
    for (const seed of seeds) expect(seed >>> 0).toBe(seed);
    expect(deriveSeed(0, "a", 1)).toBe(deriveSeed(0, "a", 1));
  });
});
