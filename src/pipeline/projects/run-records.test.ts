import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addRun, model, person, taskWith } from "../../../test/support/task.js";
import type { ReadRecord } from "../records/read.js";
import { newOutput } from "./compose.js";
import { parseFilter } from "./filters.js";
import { openRunRecords, recordOfRun, type RunRecordOptions } from "./run-records.js";
import type { KilnMessage } from "./types.js";
import type { TaskFolder } from "./open.js";

async function read(task: TaskFolder, options: Partial<RunRecordOptions> = {}) {
  const opened = openRunRecords(task, { system: "", ...options });
  const all: ReadRecord[] = [];
  for await (const one of opened.records()) all.push(one);
  return { all, notes: opened.notes!() };
}

const call = { id: "c1", type: "function", function: { name: "age", arguments: "{}" } };

describe("a run as a record", () => {
  it("is a conversation of system, input and output, with what is known of it", async () => {
    const task = await taskWith({ requirements: [{ id: "r1", name: "Short", instruction: "Ten words." }] });
    const stored = await addRun(task, { tags: ["t"], intermediate_outputs: { reasoning: "r", chain_of_thought: "c" } });
    expect(recordOfRun(stored, task, "Be short.", "Think.")).toEqual({
      question: "a cat sat",
      answer: "Cat sits",
      reasoning: "r",
      thinkingPrompt: "Think.",
      turns: [
        { role: "system", content: "Be short." },
        { role: "user", content: "a cat sat" },
        { role: "assistant", content: "Cat sits", reasoning: "r" },
      ],
      raw: {
        messages: [
          { role: "system", content: "Be short." },
          { role: "user", content: "a cat sat" },
          { role: "assistant", content: "Cat sits", reasoning: "r" },
        ],
        provenance: {
          task: task.task.id,
          run: stored.run.id,
          source: "synthetic",
          model: "m",
          provider: "quern",
          label: "pass",
          tags: ["t"],
          created_at: stored.run.created_at,
        },
      },
    });
  });

  it("has the repaired output", async () => {
    const task = await taskWith();
    const stored = await addRun(task, {}, (run) => {
      run.repair_instructions = "better";
      run.repaired_output = newOutput("Cat rests", person);
    });
    expect(recordOfRun(stored, task, "")).toMatchObject({
      answer: "Cat rests",
      raw: { provenance: { repaired: true } },
    });
  });

  it("has the calls of tools of its trace, and of a run that follows others the turns before", async () => {
    const task = await taskWith();
    const trace = [
      { role: "system", content: "s" },
      { role: "user", content: "first" },
      { role: "assistant", content: [{ type: "text", text: "look" }], tool_calls: [call] },
      { role: "tool", content: "7", tool_call_id: "c1" },
      { role: "assistant", content: "one" },
      { role: "user", content: "a cat sat" },
      { role: "assistant", content: "Cat sits" },
    ] as unknown as KilnMessage[];
    const alone = await addRun(task, { trace });
    const calls = [
      { role: "assistant", content: "look", tool_calls: [call] },
      { role: "tool", content: "7", tool_call_id: "c1" },
    ];
    const end = [
      { role: "user", content: "a cat sat" },
      { role: "assistant", content: "Cat sits" },
    ];
    expect(recordOfRun(alone, task, "")).toMatchObject({ turns: [end[0], ...calls, end[1]] });
    const chained = { ...alone, run: { ...alone.run, parent_task_run_id: "1" } };
    expect(recordOfRun(chained, task, "")).toMatchObject({
      turns: [{ role: "user", content: "first" }, ...calls, { role: "assistant", content: "one" }, ...end],
    });
    const lacking = trace.map((message) =>
      message.role === "tool" ? { role: "tool" as const, content: "7" } : message,
    );
    expect(recordOfRun({ ...alone, run: { ...alone.run, trace: lacking } }, task, "")).toContain("to which call");
  });
});

describe("a task's runs", () => {
  it("are filtered; what cannot be read stands among them, and what should be known is told", async () => {
    const task = await taskWith();
    await addRun(task, { id: "1", tags: ["t"] });
    await addRun(task, {
      id: "2",
      tags: ["t"],
      source: { ...model, properties: { ...model.properties, label: "fail" } },
    });
    await addRun(task, { id: "3" });
    const broken = await addRun(task, { id: "0" });
    await writeFile(broken.file, "{");
    const { all, notes } = await read(task, { filter: parseFilter("tag::t") });
    expect(all.map((one) => ("record" in one ? one.record.question : one.unusable.file))).toEqual([
      path.join(task.folder, "runs", "0", "task_run.kiln"),
      "a cat sat",
      "a cat sat",
    ]);
    expect(notes).toEqual([
      "Headlines: 2 of 3 runs were asked for",
      expect.stringContaining("1 of the runs are meant to fail"),
    ]);
    // Counted anew whenever they are read.
    expect((await read(task)).notes).toEqual([expect.stringContaining("1 of the runs")]);
  });

  it("of which there are none are an error, and so are those that no filter lets through", async () => {
    const task = await taskWith();
    await expect(read(task)).rejects.toThrow('the task "Headlines" has no runs');
    await addRun(task);
    await expect(read(task, { filter: parseFilter("repaired") })).rejects.toThrow("none of the 1 runs");
  });
});
