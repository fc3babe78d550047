import path from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.js";
import { listTemplates, resolveTemplate } from "./templates.js";
import type { TemplateTexts } from "./types.js";

const texts = ["topics", "inputs", "outputs_pass", "outputs_fail", "criterion"] as const;
const task = {
  instruction: "Answer letters to a mill.",
  requirements: [
    {
      id: "1",
      name: "Short",
      description: null,
      instruction: "At most {three} sentences.",
      priority: 1,
      type: "five_star" as const,
    },
    { id: "2", name: "Kind", description: null, instruction: "Kind words.", priority: 2, type: "pass_fail" as const },
  ],
};
const bare = { ...task, requirements: [] };

const shipped = await listTemplates();

describe("the templates that come with quern", () => {
  it("are those that the documentation names", () => {
    expect(shipped.map(({ name }) => name)).toEqual([
      "bias",
      "completeness",
      "custom",
      "desired-behaviour",
      "factual-correctness",
      "fine-tuning",
      "formatting",
      "hallucination",
      "issue",
      "jailbreak",
      "localisation",
      "maliciousness",
      "prompt-leakage",
      "requirements",
      "tone",
      "tool-use",
      "toxicity",
    ]);
    for (const { name, file: at } of shipped) expect(path.basename(at)).toBe(`${name}.yaml`);
  });

  it.each(shipped)("$name has a description, and texts that a small model can follow", (info) => {
    expect(info.title).not.toBe("");
    expect(info.description).toMatch(/^[^\n]{20,120}$/);
    for (const field of Object.values(info.fields)) expect(field.description).not.toBe("");
    if (info.name === "custom") return;
    for (const key of texts) {
      const words = info.texts[key].replace(/\{[?!/]?\w+\}/g, "").match(/[\p{L}\p{N}'-]+/gu) ?? [];
      expect(words.length, `${key}: ${words.length} words`).toBeGreaterThanOrEqual(40);
      expect(words.length, `${key}: ${words.length} words`).toBeLessThanOrEqual(150);
    }
    // By these a judge tells the labels apart.
    expect(info.texts.criterion).toMatch(/^Pass: /m);
    expect(info.texts.criterion).toMatch(/^Fail: /m);
  });

  it.each(shipped)("$name says what it is for where it asks for harmful outputs", (info) => {
    if (!info.uncensored) return;
    expect(info.goals).toEqual(["eval"]);
    expect(info.texts.topics).toContain("evaluates the user's own system");
    expect(info.texts.outputs_fail).toContain("calibrates a judge of the user's own system");
  });

  it.each(shipped.flatMap((info) => [task, bare].map((one) => ({ ...info, one, with: one.requirements.length }))))(
    "$name is filled without a trace, with any of its fields and $with requirements",
    async ({ name, fields, goals, one }) => {
      const optional = Object.keys(fields).filter((field) => !fields[field]!.required);
      const required = Object.keys(fields).filter((field) => fields[field]!.required);
      for (let chosen = 0; chosen < 2 ** optional.length; chosen++) {
        const given = [...required, ...optional.filter((_, i) => (chosen >> i) % 2 === 1)];
        const values = Object.fromEntries(
          given.map((field) => [field, fields[field]!.several ? [`<${field}> 1`, `<${field}> 2`] : `<${field}>`]),
        );
        const filled = await resolveTemplate(name, { goal: goals[0]!, values, task: one });
        const all = texts.map((key) => filled[key]);
        for (const text of all) {
          expect(text.replaceAll("{three}", "")).not.toMatch(/[{}]/);
          expect(text).not.toMatch(/\n\n\n|[ \t]\n|^\s|\s$/);
          if (name !== "custom") expect(text).not.toBe("");
        }
        // What is given is said somewhere, and nothing of what is not.
        for (const field of Object.keys(fields))
          expect(all.join("\n").includes(`<${field}>`), field).toBe(given.includes(field));
      }
    },
  );

  it("need no more than one field to be useful", () => {
    for (const { name, fields } of shipped)
      expect(Object.values(fields).filter(({ required }) => required).length, name).toBeLessThanOrEqual(
        name === "tool-use" ? 2 : 1,
      );
  });

  it("say a field of the user's at every stage that it matters for", async () => {
    const values = { issue: "It invents prices." };
    const filled = await resolveTemplate("issue", { goal: "eval", values, task });
    for (const key of texts) expect(filled[key]).toContain("It invents prices.");
    expect(filled.fail_share).toBe(0.5);
    const asked = await resolveTemplate("requirements", { goal: "eval", values: {}, task });
    expect(asked.outputs_pass).toContain("1. Short: At most {three} sentences.\n2. Kind: Kind words.");
    expect(asked.topics).toContain("after each requirement");
    const without = await resolveTemplate("requirements", { goal: "eval", values: {}, task: bare });
    expect(without.topics).toContain("Read the demands out of the instruction");
  });
});

describe("resolveTemplate", () => {
  const resolve = (name: string, values = {}, overrides?: Partial<TemplateTexts>) =>
    resolveTemplate(name, { goal: "eval", values, task, overrides });

  it.each([
    ["isue", {}, /there is no template "isue"/, /did you mean issue\?/],
    ["localization", {}, /there is no template/, /did you mean localisation\?/],
    ["no/such.yaml", {}, /there is no file "no\/such.yaml"/, /give the path of a file/],
    ["\u001b[31m", {}, /there is no template "\\u001b\[31m"/, /one of bias,/],
    ["__proto__", {}, /there is no template/, /one of bias,/],
    ["issue", {}, /needs issue \(what goes wrong, and when\)/, /--field issue="..."/],
    ["issue", { issue: " \n" }, /needs issue/, /--field issue="..."/],
    ["tool-use", {}, /needs tool \(.*\) and tool_description \(/, /--field tool="..." --field tool_description="..."/],
    ["issue", { isue: "x" }, /has no field "isue"/, /did you mean issue\? it has issue, failing_examples/],
    ["issue", { issue: "x", constructor: "y" }, /has no field "constructor"/, /it has issue/],
    ["fine-tuning", { issue: "x" }, /has no field "issue"/, /it has none/],
    ["issue", { issue: ["a", "b"] }, /is given 2 times/, /give one --field issue/],
    ["issue", { issue: "bell \u0007" }, /the field issue has the control character U\+0007 in it/, /take it out/],
    ["issue", { issue: "x".repeat(20_001) }, /the field issue has 20001 characters, and 20000/, /shorten it/],
    [
      "issue",
      { issue: "x", failing_examples: Array(4).fill("y".repeat(19_000)) },
      /texts.outputs_fail of the template issue has \d+ characters with its fields/,
      /fewer or shorter/,
    ],
  ])("refuses what cannot be used: %# %s", async (name, values, message, remedy) => {
    const error: unknown = await resolve(name, values).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).remedy).toMatch(remedy);
  });

  it("refuses a goal that the template is not for", async () => {
    await expect(resolveTemplate("toxicity", { goal: "fine-tune", values: {}, task })).rejects.toThrow(
      "the template toxicity is for --goal eval, not fine-tune",
    );
  });

  it("numbers what is given several times, and leaves out what is empty", async () => {
    const filled = await resolve("issue", { issue: "x", failing_examples: ["one\r\nline", "", "two"] });
    expect(filled.outputs_fail).toContain("(1) one\nline\n(2) two");
    const one = await resolve("issue", { issue: "x", failing_examples: ["only"] });
    expect(one.outputs_fail).toContain("\nonly\n");
  });

  it("takes nothing in a value for a placeholder", async () => {
    const filled = await resolve("issue", { issue: "writes {issue} and {?tone} $& \\{x}" });
    expect(filled.criterion).toContain("writes {issue} and {?tone} $& \\{x}");
  });

  it("takes texts in the place of its own, with the same placeholders", async () => {
    const values = { issue: "x" };
    const filled = await resolve("issue", values, { topics: "About {issue}.", outputs_fail: "" });
    expect(filled.topics).toBe("About x.");
    expect(filled.inputs).toContain("x");
    // Nobody could say how such an output differs.
    expect(filled.fail_share).toBe(0);
    await expect(resolve("issue", values, { inputs: "a\n{tone}" })).rejects.toThrow(
      "the text inputs, line 2: there is no field {tone}",
    );
    await expect(resolve("issue", values, { inputs: "{?issue}" })).rejects.toThrow("is not closed");
    await expect(resolve("issue", values, { inputs: "x".repeat(20_001) })).rejects.toThrow("20001 characters");
    await expect(resolve("issue", values, { inputs: "\u0000" })).rejects.toThrow("U+0000");
  });
});
