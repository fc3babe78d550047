import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { InputError, UsageError } from "../../errors.js";
import { copyOf, nameOfFile, parseTemplate } from "./template-file.js";
import { findTemplate, listTemplates, resolveTemplate } from "./templates.js";

const task = {
  instruction: "Answer letters to a mill.",
  requirements: [
    { id: "1", name: "Short", description: null, instruction: "Short.", priority: 1, type: "pass_fail" as const },
  ],
};

const shipped = await listTemplates();

async function file(content: string | Uint8Array, name = "my.yaml"): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-templates-"));
  await writeFile(path.join(folder, name), content);
  return path.join(folder, name);
}

const own = (body = "", fields = "") =>
  `name: mine\ngoals: [fine-tune, eval]\n${fields}texts:\n  topics: |\n    One.\n${body.replace(/^(?=.)/gm, "    ")}  outputs_fail: Bad.\n`;

describe("a template of one's own", () => {
  it("is read from its file, which gives it a name where it has none", async () => {
    const info = await findTemplate(await file("goals: [eval]\ntexts: { topics: Hello }\n", "my plan.yml"));
    expect(info).toMatchObject({ name: "my plan", title: "my plan", fail_share: 0, uncensored: false, fields: {} });
    expect(info.texts).toEqual({ topics: "Hello", inputs: "", outputs_pass: "", outputs_fail: "", criterion: "" });
  });

  it("may be a copy of any that comes with quern, and is then called by its file", async () => {
    for (const { source, name } of shipped) {
      const found = await findTemplate(await file(source));
      expect(found).toMatchObject({ name: "my", texts: shipped.find((one) => one.name === name)!.texts });
    }
  });

  it("is taken with all ends of lines, with a byte order mark and in UTF-16", async () => {
    const fields = "fields:\n  x: { required: true }\n";
    const source = own("{?x}\nGrüße {x}\n{/x}\nEnd.\n", fields);
    const expected = "One.\nGrüße 1\nEnd.";
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(source, "utf16le")]);
    for (const content of [source, source.replaceAll("\n", "\r\n"), `\uFEFF${source}`, utf16]) {
      const filled = await resolveTemplate(await file(content), { goal: "eval", values: { x: "1" }, task });
      expect(filled).toMatchObject({ name: "mine", topics: expected, fail_share: 0.5 });
    }
  });

  it.each([
    ["", /is no template: .*expected object/],
    ["just words", /is no template: .*expected object/],
    ["goals: [eval]\ntexts: {topics: x\n", /is not valid YAML \(line 3\)/],
    ["goals: [eval]\nname: a\nname: b\ntexts: {}", /is not valid YAML \(line 3\).*unique/],
    ["goals: [eval]\ntext: {}\ntexts: {}", /there is no key "text" \(line 2\), did you mean texts\?/],
    ["goals: [eval]\ntexts:\n  topcis: x", /there is no key "topcis" \(line 3\), did you mean topics\?/],
    ["goals: [eval]\ntexts:\n  topics: [1]", /texts.topics \(line 3\): expected string, not array/],
    ["goals: [train]\ntexts: {}", /goals.0 \(line 1\): expected one of "fine-tune"\|"eval"/],
    ["goals: []\ntexts: {}", /goals \(line 1\): expected array to have >=1 items/],
    ["goals: [eval]", /texts: expected object, but it is missing/],
    ["goals: [eval]\nfail_share: 2\ntexts: {}", /fail_share \(line 2\): expected number to be <=1/],
    ["goals: [eval]\nfail_share: 0.5\ntexts: {}", /fail_share \(line 2\) needs texts.outputs_fail/],
    ["name: a/b\ngoals: [eval]\ntexts: {}", /name \(line 1\): expected a short name/],
    ["goals: [eval]\nfields:\n  Bad-Name: {}\ntexts: {}", /fields.Bad-Name \(line 3\): expected lower-case letters/],
    ["goals: [eval]\nfields:\n  __proto__: {}\ntexts: {}", /fields.__proto__ \(line 3\): that name is not possible/],
    ["goals: [eval]\nfields:\n  x: { must: true }\ntexts: {}", /there is no key "must" \(line 3\)/],
    ["goals: [eval]\nfields:\n  x:\ntexts: {topics: y}", /fields.x \(line 3\): no text has \{x\}/],
    ["goals: [eval]\nfields:\n  instruction:\ntexts: {topics: '{instruction}'}", /comes from the task/],
    [own("Two.\n{issue}\n"), /texts.topics \(line 7\): there is no field \{issue\}/],
    [own("{?requirements}\n"), /texts.topics \(line 6\): the part of \{requirements\} is not closed/],
    ['goals: [eval]\ntexts:\n  topics: "a\\n{x}"', /texts.topics \(line 3, line 2 of it\): there is no field \{x\}/],
    ['goals: [eval]\ntexts:\n  topics: "a\\x07"', /texts.topics \(line 3\) has the control character U\+0007/],
    [`goals: [eval]\ntexts:\n  topics: ${"x".repeat(20_001)}`, /texts.topics \(line 3\): expected at most 20000/],
    [`# ${"x".repeat(1 << 20)}`, /it has 1048578 bytes, and 1048576 are possible/],
    [new Uint8Array([0xff, 0x00, 0x80]), /is not text in UTF-8/],
  ])("that is none is told with the line: %#", async (content, message) => {
    const at = await file(content);
    const error: unknown = await findTemplate(at).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).message).toContain(at);
    expect((error as UsageError).remedy).toBeTruthy();
  });

  it("that multiplies without end is refused", async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`).join("\n");
    await expect(findTemplate(await file(`l0: &l0 x\n${levels}\n`))).rejects.toThrow(UsageError);
  });

  it("that is a folder or cannot be read is told", async () => {
    await expect(findTemplate(os.tmpdir())).rejects.toThrow(InputError);
  });

  it("keeps what stands in it, to be shown and copied", () => {
    expect(parseTemplate(own(), "x.yaml").source).toBe(own());
  });

  it("may use what the task gives", async () => {
    const at = await file(own("{instruction}\n{requirements}\n"));
    const filled = await resolveTemplate(at, { goal: "fine-tune", values: {}, task });
    expect(filled.topics).toContain("One.\nAnswer letters to a mill.\n1. Short:");
  });
});

describe("a copy of a template", () => {
  it.each(["my-issue.yaml", "sub/Meine Vorlage (2).YML", ".yaml", "???.yaml", `${"x".repeat(200)}.yaml`, "été.yaml"])(
    "bears the name of its file: %s",
    async (to) => {
      for (const info of shipped) {
        const copy = parseTemplate(copyOf(info, to), to);
        expect(copy).toMatchObject({ name: nameOfFile(to), texts: info.texts, fields: info.fields });
      }
      const unnamed = await findTemplate(await file("\uFEFFgoals: [eval]\ntexts: { topics: Hello }\n"));
      expect(parseTemplate(copyOf(unnamed, to), to)).toMatchObject({ name: nameOfFile(to), texts: unnamed.texts });
    },
  );
});

describe("docs/templates.md", () => {
  const page = readFileSync(new URL("../../../docs/templates.md", import.meta.url), "utf8");

  it("names each template with what it needs and takes", () => {
    for (const { name, fields } of shipped) {
      const named = (required: boolean) =>
        Object.keys(fields)
          .filter((field) => fields[field]!.required === required)
          .map((field) => `\`${field}\``)
          .join(", ");
      const cells = [`\`${name}\``, named(true), named(false)].map((cell) => (cell === "" ? " " : ` ${cell} `));
      expect(page).toContain(`|${cells.join("|")}|`);
    }
  });

  it("shows a template that is one", async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
    const request = { goal: "eval" as const, values: { limit: "ten words" }, task };
    const filled = await resolveTemplate(await file(example), request);
    expect(filled).toMatchObject({ name: "brevity", outputs_pass: "Say what was asked for in at most ten words." });
  });
});
