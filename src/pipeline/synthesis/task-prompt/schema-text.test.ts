import { describe, expect, it } from "vitest";
import { fittingSchemaText, schemaText } from "./index.js";

const codes = Array.from({ length: 300 }, (_, i) => `A${i}`);
const long = JSON.stringify({ type: "object", properties: { code: { enum: codes }, note: { type: "string" } } });

async function fitting(json: string | null, contextTokens: number) {
  const warnings: string[] = [];
  const backend = {
    limits: { contextTokens, concurrentRequests: 1, images: false },
    countTokens: (texts: readonly string[]) => Promise.resolve(texts.map((text) => Math.ceil(text.length / 3))),
  };
  const text = await fittingSchemaText(backend, json, "output", (line) => warnings.push(line));
  return { text, warnings };
}

describe("schemaText", () => {
  it("says which side it is for, on one line, numbers as they stand", () => {
    expect(schemaText('{ "maximum": 1.0 }', "input")).toBe(
      'Each input is JSON that this JSON Schema allows:\n{"maximum":1.0}',
    );
    expect(schemaText(null, "output")).toBe("");
    expect(schemaText("no json", "output")).toMatch(/\nno json$/);
  });
});

describe("fittingSchemaText", () => {
  it("shows the whole schema where there is room", async () => {
    expect(await fitting(long, 8192)).toEqual({ text: schemaText(long, "output"), warnings: [] });
    expect(await fitting(null, 10)).toEqual({ text: "", warnings: [] });
  });

  it("cuts long choices first, and says so", async () => {
    const { text, warnings } = await fitting(long, 1024);
    expect(text).toContain('"A7","... and 292 more"');
    expect(text).toContain('"note"');
    expect(warnings).toEqual([expect.stringContaining("the output schema takes")]);
  });

  it("names the fields where nothing else fits, and not even those where there are too many", async () => {
    const many = (count: number) =>
      JSON.stringify({
        type: "object",
        properties: Object.fromEntries(
          codes.slice(0, count).map((code) => [code, { type: "string", description: "x".repeat(99) }]),
        ),
      });
    expect((await fitting(many(20), 256)).text).toBe(
      `The output is JSON with these fields: ${codes.slice(0, 20).join(", ")}`,
    );
    expect((await fitting(many(300), 256)).text).toBe("The output is JSON.");
  });
});
