import fc from "fast-check";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createProject,
  createTask,
  humanSource,
  type KilnRun,
  newOutput,
  newRating,
  newRun,
  type TaskFolder,
  writePrompt,
} from "../../projects/index.js";
import { promptNames, taskPrompt, taskText } from "./index.js";

const me = humanSource("me");
const anywhere = { guidance: "", room: 1_000_000 };

function rated(input: string, value = 5, more: Partial<KilnRun> = {}): KilnRun {
  const run = newRun({ input, input_source: me, output: `out of ${input}`, source: me });
  run.output.rating = newRating("five_star", value);
  return { ...run, ...more };
}

function repaired(input: string, before: string, instructions: string, after: string): KilnRun {
  const run = newRun({ input, input_source: me, output: before, source: me });
  return { ...run, repair_instructions: instructions, repaired_output: newOutput(after, me) };
}

async function* stored(runs: readonly KilnRun[]) {
  for (const run of runs) yield await Promise.resolve({ file: "", run });
}

const inputsIn = (system: string) => [...system.matchAll(/^Input: (.*)$/gm)].map(([, input]) => input);

let task: TaskFolder;

beforeAll(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-prompts-"));
  const project = await createProject(path.join(folder, "p"), { name: "P" });
  task = await createTask(project, {
    name: "Headlines",
    instruction: "Write a headline.",
    requirements: [
      { name: "Short", instruction: "Under ten words." },
      { name: "True", instruction: "Nothing that the input does not say." },
    ],
    output_json_schema: `{ "type": "object",  "properties": { "headline": { "type": "string" }, "score": {"type": "number", "maximum": 1.0} } }`,
  });
});

describe("taskText", () => {
  it("says the instruction and the requirements under numbers", () => {
    expect(taskText(task.task)).toBe(
      "Write a headline.\n\nRequirements of the output:\n1. Short: Under ten words.\n2. True: Nothing that the input does not say.",
    );
  });
});

describe("taskPrompt", () => {
  it("knows each prompt by its name and by Kiln's id", async () => {
    const runs = [rated("a"), repaired("b", "bad", "better", "good")];
    for (const name of promptNames) {
      const prompt = await taskPrompt(name, task, stored(runs));
      expect((await taskPrompt(prompt.kilnId, task, stored(runs))).name).toBe(name);
      expect(prompt.thinking === undefined).toBe(!name.endsWith("cot"));
      expect(prompt.examples > 0).toBe(/shot|repairs/.test(name));
    }
  });

  it("says guidance and form of the output whatever the prompt is, with the schema as JSON on one line", async () => {
    const saved = await writePrompt(task, {
      name: "Mine",
      prompt: "Be witty.",
      chain_of_thought_instructions: "Find a pun first.",
    });
    const runs = [rated("a"), repaired("b", "bad", "better", "good")];
    for (const name of [...promptNames, "Mine", saved.id, `id::${saved.id}`]) {
      const system = (await taskPrompt(name, task, stored(runs))).system("x", { guidance: "No puns.", room: 500 });
      expect(system).toContain("No puns.");
      expect(system).toContain(
        '{"type":"object","properties":{"headline":{"type":"string"},"score":{"type":"number","maximum":1.0}}}',
      );
    }
    const mine = await taskPrompt("Mine", task, stored([]));
    expect(mine).toMatchObject({ kilnId: `id::${saved.id}`, thinking: "Find a pun first.", examples: 0 });
    expect(mine.system("x", anywhere)).toMatch(/^Be witty\./);
    expect(mine.system("x", anywhere)).not.toContain("Write a headline.");
  });

  it("prefers the task's own thinking", async () => {
    const own = { ...task, task: { ...task.task, thinking_instruction: " Count words. " } };
    expect((await taskPrompt("cot", own, stored([]))).thinking).toBe("Count words.");
    const blank = { ...task, task: { ...task.task, thinking_instruction: " " } };
    expect((await taskPrompt("cot", blank, stored([]))).thinking).toMatch(/\w{3}/);
  });

  it("tells what prompts there are, and how to get examples", async () => {
    await expect(taskPrompt("few_shots", task, stored([]))).rejects.toMatchObject({
      message: 'there is no prompt "few_shots"',
      remedy: expect.stringMatching(/did you mean few-shot\?.*basic, few-shot, .*Mine/) as string,
    });
    await expect(taskPrompt("few-shot", task, stored([rated("a", 3)]))).rejects.toMatchObject({
      message: expect.stringContaining("the task has none") as string,
      remedy: expect.stringContaining("quern review") as string,
    });
    await expect(taskPrompt("repairs", task, stored([rated("a", 5)]))).rejects.toThrow("were repaired");
  });

  it("says which saved prompt is meant where two have a name", async () => {
    for (const prompt of ["One.", "Two."]) await writePrompt(task, { name: "Twice", prompt });
    await expect(taskPrompt("Twice", task, stored([]))).rejects.toThrow("2 saved prompts");
  });
});

describe("examples", () => {
  it("are those rated high or repaired, never the input itself, never what was made to fail", async () => {
    const fail = rated("made to fail", 5);
    fail.output.source = { ...me, properties: { ...me.properties, label: "fail" } };
    const failRepaired = { ...repaired("fail and repaired", "x", "y", "z"), output: fail.output };
    const passed = rated("passed");
    passed.output.rating = newRating("pass_fail", 1);
    const failed = rated("failed");
    failed.output.rating = newRating("pass_fail", 0);
    const runs = [
      rated("five"),
      rated("four", 4),
      rated("three", 3),
      passed,
      failed,
      fail,
      failRepaired,
      rated('{"a": 1, "b": [2]}'),
      repaired("mended", "before", "why", "after"),
    ];
    const prompt = await taskPrompt("multi-shot", task, stored(runs));
    expect(inputsIn(prompt.system("new", anywhere)).sort()).toEqual(
      ["five", "four", "mended", "passed", '{"a": 1, "b": [2]}'].sort(),
    );
    expect(inputsIn(prompt.system("  five ", anywhere))).not.toContain("five");
    expect(inputsIn(prompt.system('{"a":1,"b":[2]}', anywhere))).not.toContain('{"a": 1, "b": [2]}');
    const text = prompt.system("new", anywhere);
    expect(text).toContain("Output: after");
    expect(text).not.toContain("before");
  });

  it("are like the input and unlike each other, the likest next to it", async () => {
    const runs = [
      ...Array.from({ length: 20 }, (_, i) => rated(`the football team won the cup final number ${i}`)),
      rated("the chess team lost"),
      rated("a football stadium burns"),
      ...Array.from({ length: 50 }, (_, i) => rated(`recipe ${i} with flour and eggs`)),
    ];
    const prompt = await taskPrompt("few-shot", task, stored(runs));
    const inputs = inputsIn(prompt.system("a football team in the cup", anywhere));
    expect(inputs).toHaveLength(4);
    expect(inputs.at(-1)).toMatch(/football/);
    expect(inputs).toContain("a football stadium burns");
    // Without variety all four would be the same sentence.
    expect(inputs.filter((input) => input!.startsWith("the football team won")).length).toBeLessThan(4);
    expect(inputs.some((input) => input!.startsWith("recipe"))).toBe(false);
  });

  it("puts repaired ones before others that are as like", async () => {
    const others = Array.from({ length: 30 }, (_, i) => rated(`apples and pears ${i}`));
    const prompt = await taskPrompt(
      "few-shot",
      task,
      stored([...others, repaired("apples and pears again", "a", "b", "c")]),
    );
    expect(inputsIn(prompt.system("apples and pears", anywhere)).at(-1)).toBe("apples and pears again");
  });

  it("show what was wrong where the prompt is that of repairs", async () => {
    const runs = [rated("liked"), repaired("mended", "the bad one", "be kind", "the good one")];
    const text = (await taskPrompt("repairs", task, stored(runs))).system("new", anywhere);
    for (const part of ["the bad one", "be kind", "the good one", "Input: liked"]) expect(text).toContain(part);
    expect(inputsIn(text).at(-1)).toBe("mended");
  });

  it("are the same whatever order the runs are read in", async () => {
    const words = ["mill", "stone", "grain", "water", "wheel", "flour", "sack", "miller"];
    const runs = Array.from({ length: 60 }, (_, i) =>
      rated(words.filter((_, j) => (i * 7 + j * 3) % 5 < 2).join(" ") + ` ${i % 9}`, 4 + (i % 2)),
    );
    const shown = async (list: readonly KilnRun[]) =>
      (await taskPrompt("multi-shot", task, stored(list))).system("grain and water", anywhere);
    const first = await shown(runs);
    expect(inputsIn(first)).toHaveLength(25);
    expect(await shown([...runs].reverse())).toBe(first);
  });

  it("take no more room than there is, and a large one does not keep small ones out", async () => {
    const runs = [
      rated(`needle ${"haystack ".repeat(300)}`),
      rated("needle one"),
      rated("needle two"),
      rated("日本語の入力"),
    ];
    const prompt = await taskPrompt("multi-shot", task, stored(runs));
    expect(inputsIn(prompt.system("needle", { guidance: "", room: 300 }))).toContain("needle one");
    const none = Buffer.byteLength(prompt.system("needle", { guidance: "", room: 0 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6000 }), fc.string({ maxLength: 20 }), (room, input) => {
        const size = Buffer.byteLength(prompt.system(input, { guidance: "", room }));
        // Two line ends stand before the examples.
        expect(size - none).toBeLessThanOrEqual(room + 2);
      }),
    );
    expect(prompt.system("needle", { guidance: "", room: 0 })).not.toContain("Example");
  });

  it("are chosen quickly among many", async () => {
    const runs = Array.from({ length: 6000 }, (_, i) =>
      rated(`sample number ${i} about ${i % 97} and ${i % 31} things of kind ${i % 7}`, 4 + (i % 2)),
    );
    const prompt = await taskPrompt("multi-shot", task, stored(runs));
    const started = performance.now();
    for (let i = 0; i < 20; i++) prompt.system(`about ${i} things`, anywhere);
    // Generous: it takes some 10 ms for each on a quiet machine.
    expect((performance.now() - started) / 20).toBeLessThan(200);
  });
});
