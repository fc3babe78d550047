import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Answer, FakeBackend } from "../../../test/support/fake-backend.js";
import { addRun, taskWith } from "../../../test/support/task.js";
import { loadConfig } from "../../config/load.js";
import { MemoryAnswers } from "../engine/journal.js";
import { listRuns, parseFilter, readRun, type TaskFolder } from "../projects/index.js";
import { openEngine } from "../stages/inputs.js";
import { changeTagsOfAll, deleteAll, repairAll, Repairer } from "./index.js";

const { config } = await loadConfig({ file: undefined, flags: {} });
const schema = JSON.stringify({
  type: "object",
  properties: { headline: { type: "string" } },
  required: ["headline"],
  additionalProperties: false,
});

async function repairerOf(task: TaskFolder, answer: Answer) {
  const backend = new FakeBackend(answer);
  const engine = openEngine({ backend, config }, () => undefined);
  return {
    backend,
    repairer: await Repairer.prepare({
      backend,
      config,
      task,
      engine,
      answers: new MemoryAnswers(),
      warn: () => undefined,
    }),
  };
}

describe("Repairer", () => {
  it("shows the model task, input, output and instruction, and gives what complies", async () => {
    const task = await taskWith({ output_json_schema: schema, instruction: "Write a headline, please." });
    const { run } = await addRun(task, { input: "the input", output: '{"headline": "bad one"}' });
    const answers = ["nonsense", '{"headline": 3}', '{"headline":"bad one"}', '{"headline":"better"}'];
    const { backend, repairer } = await repairerOf(task, (_, call) => answers[call]!);
    const outcome = await repairer.suggest(run, "make it better");
    expect(outcome).toMatchObject({ ok: true, attempts: 4, value: { output: '{"headline": "better"}' } });
    expect(outcome.ok && outcome.value.source).toMatchObject({
      type: "synthetic",
      properties: { model_name: "fake", adapter_name: "quern_repair" },
    });
    const [request] = backend.requests;
    for (const part of ["Write a headline, please.", "the input", "bad one", "make it better", '"headline"'])
      expect(request!.messages[0]!.content).toContain(part);
    expect(request!.schema).toMatchObject({ type: "object" });
    expect(new Set(backend.requests.map(({ sampling }) => sampling.seed)).size).toBe(4);
  });

  it("tries again with another seed, and can be abandoned", async () => {
    const task = await taskWith();
    const { run } = await addRun(task);
    const { backend, repairer } = await repairerOf(task, (_, call) => `<think>hm</think> Try ${call}`);
    const first = await repairer.suggest(run, "x");
    const second = await repairer.suggest(run, "x", { attempt: 1 });
    expect([first, second].map((one) => one.ok && one.value.output)).toEqual(["Try 0", "Try 1"]);
    expect(backend.requests[0]!.sampling.seed).not.toBe(backend.requests[1]!.sampling.seed);
    const stop = new AbortController();
    stop.abort();
    expect(await repairer.suggest(run, "x", { attempt: 2, signal: stop.signal })).toMatchObject({ abandoned: true });
    await expect(repairer.suggest(run, "  ")).rejects.toThrow("instruction");
  });

  it("asks for no more than the context has left", async () => {
    const task = await taskWith();
    const { run } = await addRun(task, { output: "word ".repeat(900) });
    const { backend, repairer } = await repairerOf(task, () => "shorter");
    expect((await repairer.suggest(run, "shorter")).ok).toBe(true);
    const [request] = backend.requests;
    const prompt = await backend.countMessageTokens(request!.messages);
    expect(prompt + request!.maxTokens).toBeLessThanOrEqual(backend.limits.contextTokens);
  });
});

describe("repairAll", () => {
  const answer: Answer = ({ messages }) => {
    const output = /Output:\n---\n(.*)\n---/.exec(messages[0]!.content)![1]!;
    return output === "stubborn" ? "stubborn" : `${output}!`;
  };

  it("repairs what the filter lets through, keeps the backend full, and counts", async () => {
    const task = await taskWith();
    for (let i = 0; i < 20; i++) await addRun(task, { output: `out ${i}`, tags: i < 15 ? ["x"] : [] });
    await addRun(task, { output: "stubborn", tags: ["x"] });
    const broken = await addRun(task, { tags: ["x"] });
    await writeFile(broken.file, "{");
    const backend = new FakeBackend(answer, undefined, 5);
    const choice = { filters: [parseFilter("tag::x")] };
    const result = await repairAll({ backend, config, task, choice, instructions: "louder" });
    expect(result.counts).toEqual({ "runs repaired": 15, "runs not repaired": 1 });
    expect(result.failures).toHaveLength(1);
    expect(backend.mostInFlight).toBeGreaterThanOrEqual(4);
    let repaired = 0;
    for await (const { run } of listRuns(task))
      if (run.repaired_output !== null) {
        repaired++;
        expect(run).toMatchObject({
          repair_instructions: "louder",
          repaired_output: { output: `${run.output.output}!` },
        });
      }
    expect(repaired).toBe(15);
    // Again: only what is not repaired is asked, and what the model answered is on record.
    const second = new FakeBackend(answer);
    const after = await repairAll({ backend: second, config, task, choice, instructions: "louder" });
    expect(after.counts).toEqual({ "runs that were repaired already": 15, "runs not repaired": 1 });
    expect(second.requests).toHaveLength(0);
    const third = await repairAll({
      backend: new FakeBackend(answer),
      config,
      task,
      choice,
      instructions: "x",
      again: true,
    });
    expect(third.counts["runs repaired"]).toBe(15);
  });

  it("goes on where it was interrupted", async () => {
    const task = await taskWith();
    for (let i = 0; i < 12; i++) await addRun(task, { output: `out ${i}` });
    const stop = new AbortController();
    const backend = new FakeBackend(
      (request, call) => {
        if (call === 6) stop.abort();
        return answer(request, call);
      },
      undefined,
      2,
    );
    const options = { config, task, choice: { filters: [] }, instructions: "louder" };
    await expect(repairAll({ ...options, backend, signal: stop.signal })).rejects.toThrow();
    const asked = backend.requests.length;
    expect(asked).toBeLessThan(12);
    const rest = new FakeBackend(answer);
    const result = await repairAll({ ...options, backend: rest });
    expect(rest.requests.length).toBeGreaterThan(0);
    expect(rest.requests.length).toBeLessThanOrEqual(8);
    expect((result.counts["runs repaired"] ?? 0) + (result.counts["runs that were repaired already"] ?? 0)).toBe(12);
    await expect(stat(path.join(task.folder, ".quern", "repairs.jsonl"))).rejects.toThrow();
  });
});

describe("bulk changes", () => {
  it("tell how many were changed, and go on past what cannot be read", async () => {
    const task = await taskWith();
    const runs = [];
    for (let i = 0; i < 9; i++) runs.push(await addRun(task, { tags: i % 3 === 0 ? ["old"] : ["old", "new"] }));
    const told: string[] = [];
    const onBroken = (name: string) => told.push(name);
    const wish = { add: ["new"], remove: ["nothing"] };
    const all = { filters: [parseFilter("tag::old")] };
    expect(await changeTagsOfAll(task, all, wish)).toEqual({ matched: 9, changed: 3, unchanged: 6, failures: [] });
    const ids = [runs[0]!.run.id, "999999999999"];
    const some = await changeTagsOfAll(task, { filters: [], ids }, { add: ["z"], remove: ["old"] }, { onBroken });
    expect(some).toMatchObject({ matched: 1, changed: 1, failures: [{ input: "999999999999" }] });
    expect(told).toEqual(["999999999999"]);
    expect((await readRun(task, ids[0]!)).run.tags).toEqual(["new", "z"]);
    await expect(changeTagsOfAll(task, all, { add: ["a b"], remove: [] })).rejects.toThrow("tag");
    expect(await deleteAll(task, all)).toEqual({ matched: 8, changed: 8, unchanged: 0, failures: [] });
    const left: string[] = [];
    for await (const { run } of listRuns(task)) left.push(run.id);
    expect(left).toEqual([ids[0]]);
  });
});
