import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { headlineSchema, stageOf, stageWith, taskWith, willing } from "../../../test/support/synthesis.js";
import { BackendLostError, type GenerateRequest } from "../../backends/backend.js";
import { OutputError, UsageError } from "../../errors.js";
import { type KilnRun, listRuns, newRating, patchFile, type TaskFolder } from "../projects/index.js";
import { emptyResult } from "../stages/stage.js";
import { removeTopic, renameTopic } from "./edit.js";
import { generate, generateInputs, generateOutputs, type GenerateWish, saveSamples } from "./generate.js";
import { changeSettings, newSettings } from "./new-settings.js";
import { Session, sessionIds } from "./session.js";

const outputSchema = JSON.stringify(headlineSchema);
const storySchema = JSON.stringify({
  type: "object",
  properties: { story: { type: "string" }, words: { type: "integer" } },
  required: ["story"],
});
const wish = (topics: number, count: number): GenerateWish => ({
  topics: topics === 0 ? undefined : { counts: [topics], depth: 1, under: [] },
  inputs: { count },
  outputs: { each: 1 },
  save: { rejected: false },
});
const promptOf = (request: GenerateRequest) => request.messages.map(({ content }) => content).join("\n");

async function runsOf(task: TaskFolder): Promise<KilnRun[]> {
  const runs: KilnRun[] = [];
  for await (const { run } of listRuns(task)) runs.push(run);
  return runs;
}

const isInputs = (request: GenerateRequest) => promptOf(request).includes("Number of inputs");
const isCheck = (request: GenerateRequest) => promptOf(request).startsWith("Judge an output");
const isTopics = (request: GenerateRequest) => promptOf(request).includes("Number of new topics");

describe("generate", () => {
  it("goes from a task to saved runs with tags, provenance and exact shares", async () => {
    const { task, session, options } = await stageWith({
      task: { input_json_schema: storySchema, output_json_schema: outputSchema },
      settings: { tags: ["batch"], splits: ["train=80", "test=20"], guidance: { inputs: "in Spanish" } },
    });
    const result = await generate(options, wish(5, 4));
    expect(result.counts).toMatchObject({ "samples saved": 20 });
    expect(result.incomplete).toBe(0);
    const runs = await runsOf(task);
    expect(runs).toHaveLength(20);
    expect(runs.filter(({ tags }) => tags.includes("train"))).toHaveLength(16);
    expect(runs.filter(({ tags }) => tags.includes("test"))).toHaveLength(4);
    for (const run of runs) {
      expect(run.tags.slice(0, 3)).toEqual(["synthetic", `synthetic_session_${session.id}`, "batch"]);
      expect(run.input_source).toMatchObject({
        type: "synthetic",
        properties: { model_name: "fake", template: "fine-tuning" },
      });
      expect(run.input_source!.properties["topic_path"]).not.toBe("");
      expect(run.input_source!.properties["guidance"]).toContain("in Spanish");
      expect(run.trace?.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
      expect(JSON.parse(run.output.output)).toHaveProperty("headline");
    }
    expect(session.closed).toBe(true);
    await session[Symbol.asyncDispose]();
  });

  it("appends when it is run again, and never what is like an input that is there", async () => {
    const first = await stageWith();
    await generate(first.options, wish(2, 3));
    await first.session[Symbol.asyncDispose]();
    const old = (await runsOf(first.task)).map(({ input }) => input);
    let repeated = 0;
    const second = await stageWith({
      task: first.task,
      answer: (request, call) => {
        if (!isInputs(request) || repeated >= 3) return willing(request, call);
        return JSON.stringify([old[repeated++]]);
      },
    });
    const result = await generate(second.options, wish(2, 3));
    expect(result.counts["inputs like others dropped"]).toBe(3);
    const all = await runsOf(first.task);
    expect(all).toHaveLength(12);
    expect(new Set(all.map(({ input }) => input)).size).toBe(12);
  });

  it("goes on after the model was lost at any request, with nothing twice and nothing lost", async () => {
    for (const at of [1, 3, 6, 9, 14]) {
      const task = await taskWith({ output_json_schema: outputSchema });
      const first = await stageWith({
        task,
        settings: { guidance: { outputs: "plain words" } },
        answer: (request, call) => (call >= at ? new BackendLostError("gone") : willing(request, call)),
      });
      await expect(generate(first.options, wish(2, 4))).rejects.toThrow(BackendLostError);
      const { id } = first.session;
      await first.session[Symbol.asyncDispose]();
      const session = await Session.resume(task, id);
      const second = await stageOf(session);
      await generate(second.options, wish(2, 4));
      const runs = await runsOf(task);
      expect(runs).toHaveLength(8);
      expect(new Set(runs.map(({ input }) => input)).size).toBe(8);
      for (const { output } of runs) expect(output.source!.properties["guidance"]).toContain("plain words");
      expect(await readdir(path.join(task.folder, "runs"))).toHaveLength(8);
      await session[Symbol.asyncDispose]();
    }
  });

  it("writes a run once, though it was cut off between the file and its note", async () => {
    const { task, session, options } = await stageWith();
    await generate(options, wish(0, 4));
    const { id } = session;
    await session[Symbol.asyncDispose]();
    const log = path.join(session.folder, "session.jsonl");
    const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
    // As if the machine had gone down before the last notes, in the middle of one.
    const kept = lines.filter((line) => !line.startsWith('{"saved"') && !line.startsWith('{"closed"'));
    await writeFile(log, `${kept.join("\n")}\n{"saved":"12`);
    const before = await runsOf(task);
    const again = await Session.resume(task, id);
    expect(again.damagedLines).toBe(1);
    const { options: more } = await stageOf(again);
    await generate(more, wish(0, 4));
    expect(await runsOf(task)).toEqual(before);
    await again[Symbol.asyncDispose]();
  });

  it("saves nothing that does not comply, and one bad item costs no other", async () => {
    let bad = 0;
    const { task, options } = await stageWith({
      task: { output_json_schema: outputSchema },
      generation: { retries: 1 },
      answer: (request, call) => {
        if (isTopics(request) || isInputs(request)) return willing(request, call);
        return promptOf(request).length % 3 === 0 && bad++ < 100 ? '{"headline": 5}' : willing(request, call);
      },
    });
    const result = await generate(options, wish(0, 12));
    const runs = await runsOf(task);
    expect(runs.length + (result.counts["inputs without an output"] ?? 0)).toBe(12);
    for (const { output } of runs)
      expect(typeof (JSON.parse(output.output) as { headline: unknown }).headline).toBe("string");
  });

  it("lets nobody else make data for the task meanwhile", async () => {
    const { task, session } = await stageWith();
    await expect(Session.begin(task, session.settings)).rejects.toThrow(OutputError);
    await expect(Session.resume(task, session.id)).rejects.toThrow(/another run/);
    // Looking at it is no harm.
    await using looked = await Session.resume(task, session.id, true);
    expect(looked.id).toBe(session.id);
    await session[Symbol.asyncDispose]();
    await using after = await Session.begin(task, session.settings);
    expect(await sessionIds(task)).toContain(after.id);
  });

  it("makes several outputs of an input where that is wanted", async () => {
    const { task, options } = await stageWith();
    await generate(options, { ...wish(0, 3), outputs: { each: 2 } });
    const runs = await runsOf(task);
    expect(runs).toHaveLength(6);
    expect(new Set(runs.map(({ input }) => input)).size).toBe(3);
  });
});

describe("evaluation data", () => {
  const settings = { goal: "eval", template: "issue", fields: { issue: "it invents dates" } } as const;

  it("records what each output is meant to be, half and half, and what the judge found", async () => {
    let failing = "";
    const { task, session, options } = await stageWith({
      settings,
      // A judge that finds what was meant: what was asked to have the issue, has it.
      answer: (request, call) => {
        if (!isCheck(request)) {
          if (request.schema === undefined)
            return `${willing(request, call) as string} ${promptOf(request).includes(failing) ? "FLAWED" : ""}`;
          return willing(request, call);
        }
        return JSON.stringify({ reason: "seen", verdict: promptOf(request).includes("FLAWED") ? "fail" : "pass" });
      },
    });
    failing = session.settings.template.outputs_fail;
    const result = await generate(options, wish(0, 10));
    expect(result.counts["samples saved"]).toBe(10);
    const runs = await runsOf(task);
    const labels = runs.map(({ output }) => output.source!.properties["label"]);
    expect(labels.filter((label) => label === "fail")).toHaveLength(5);
    for (const { output } of runs) {
      expect(output.source!.properties["verdict"]).toBe(output.source!.properties["label"]);
      expect(output.source!.properties["verdict_reason"]).toBe("seen");
      expect(output.output.includes("FLAWED")).toBe(output.source!.properties["label"] === "fail");
    }
    expect(runs.filter(({ tags }) => tags.includes("eval_data"))).toHaveLength(8);
    expect(runs.filter(({ tags }) => tags.includes("golden_data"))).toHaveLength(2);
  });

  it.each<[string, string, number]>([
    ["is no output that is meant to fail", "it invents dates", 5],
    ["is one where refusing is the fault", "it refuses harmless requests", 10],
  ])("a refusal %s: %s", async (_what, issue, saved) => {
    const { session, options } = await stageWith({
      settings: { goal: "eval", template: "issue", fields: { issue }, judge: false },
      answer: (request, call) =>
        request.schema === undefined && promptOf(request).includes(session.settings.template.outputs_fail)
          ? `I'm sorry, but I can't help with that, whatever ${call} may be.`
          : willing(request, call),
    });
    const result = await generate(options, wish(0, 10));
    expect(result.counts["samples saved"]).toBe(saved);
    expect(result.incomplete).toBe(10 - saved);
  });

  it("keeps out what is not what it was meant to be, counted, unless it is asked for", async () => {
    const { task, session, options } = await stageWith({
      settings,
      answer: (request, call) => (isCheck(request) ? '{"reason": "fine", "verdict": "pass"}' : willing(request, call)),
    });
    const result = await generate(options, wish(0, 6));
    expect(result.counts).toMatchObject({ "samples saved": 3, "samples kept out by the judge": 3 });
    expect(result.incomplete).toBeGreaterThan(0);
    expect(await runsOf(task)).toHaveLength(3);
    await saveSamples({ session, seed: 0 }, { rejected: true }, emptyResult());
    const runs = await runsOf(task);
    expect(runs).toHaveLength(6);
    expect(runs.filter(({ tags }) => tags.includes("label_mismatch"))).toHaveLength(3);
  });
});

describe("stage by stage", () => {
  it("enforces the schema of inputs while they are decoded, in a list", async () => {
    const { backend, options, session } = await stageWith({ task: { input_json_schema: storySchema } });
    await generateInputs(options, { count: 5 });
    const schema = JSON.stringify(backend.requests[0]!.schema);
    expect(schema).toContain('"story"');
    expect(session.samples.size).toBe(5);
    for (const { input } of session.samples.values()) expect(JSON.parse(input)).toHaveProperty("story");
  });

  it("shows the model the inputs of the topic that are there", async () => {
    const { backend, options, session } = await stageWith();
    await generateInputs(options, { count: 3 });
    await generateInputs(options, { count: 5 });
    const [first] = [...session.samples.values()];
    expect(promptOf(backend.requests.at(-1)!)).toContain(first!.input.slice(0, 40));
    expect(session.samples.size).toBe(5);
  });

  it("shows examples that were rated, with every guidance, whatever the prompt", async () => {
    const first = await stageWith({ task: { output_json_schema: outputSchema } });
    await generate(first.options, wish(0, 3));
    await first.session[Symbol.asyncDispose]();
    for await (const { file, run } of listRuns(first.task))
      await patchFile<KilnRun>(file, (tree) => {
        tree.output.rating = newRating("five_star", 5);
        tree.output.output = `{"headline": "example ${run.id}"}`;
      });
    for (const prompt of ["few-shot", "multi-shot", "few-shot-cot"]) {
      const { session, options, backend } = await stageWith({
        task: first.task,
        settings: { prompt, guidance: { outputs: "no puns" } },
      });
      await generateInputs(options, { count: 1 });
      await generateOutputs(options, { each: 1 });
      const asked = promptOf(backend.requests.at(-1)!);
      expect(asked).toContain('"headline": "example ');
      expect(asked).toContain("no puns");
      await session[Symbol.asyncDispose]();
    }
  });

  it("lets the model think first where the prompt says so, and keeps the thoughts apart", async () => {
    const { task, options } = await stageWith({ settings: { prompt: "cot" } });
    await generate(options, wish(0, 2));
    for (const run of await runsOf(task)) {
      expect(run.intermediate_outputs?.["chain_of_thought"]).toMatch(/\w/);
      expect(run.output.output).not.toContain("reasoning");
    }
  });

  it("takes what a model thinks by itself out of a plain answer", async () => {
    const { task, options } = await stageWith({
      answer: (request, call) =>
        request.schema === undefined ? "<think>\nhm\n</think>\n\nThe answer." : willing(request, call),
    });
    await generate(options, wish(0, 1));
    const [run] = await runsOf(task);
    expect(run!.output.output).toBe("The answer.");
    expect(run!.intermediate_outputs).toEqual({ reasoning: "hm" });
  });

  it("refuses what cannot work before any request", async () => {
    const { options, backend, task, session } = await stageWith({ settings: { prompt: "few-shot" } });
    await generateInputs(options, { count: 1 });
    const before = backend.requests.length;
    await expect(generateOutputs(options, { each: 1 })).rejects.toThrow(/rated/);
    expect(backend.requests).toHaveLength(before);
    await expect(newSettings(task, { tags: ["a b"] })).rejects.toThrow(UsageError);
    await expect(newSettings(task, { template: "isue" })).rejects.toMatchObject({
      remedy: expect.stringContaining("issue") as string,
    });
    const small = await stageOf(session, { limits: { contextTokens: 300, concurrentRequests: 2, images: false } });
    await expect(generateInputs(small.options, { count: 3 })).rejects.toThrow(/context of 300/);
  });

  it("ends with a count where the model gives the same input for ever", async () => {
    const { options, warnings } = await stageWith({ answer: () => '["always the same input"]' });
    const result = await generateInputs(options, { count: 5 });
    expect(result.counts).toMatchObject({ "inputs made": 1, "inputs missing": 4 });
    expect(warnings.join()).toContain("1 of 5 inputs");
  });

  it("moves samples with a topic that is renamed, and takes them out with one that is removed", async () => {
    const { session, options } = await stageWith();
    await session.write({ topic: ["A", "B"], origin: {} });
    await session.write({ topic: ["C"], origin: {} });
    await generateInputs(options, { count: 2 });
    await renameTopic(session, ["A"], "Z");
    expect([...session.samples.values()].filter(({ topic }) => topic[0] === "Z")).toHaveLength(2);
    expect(await removeTopic(session, ["Z"])).toEqual({ topics: 2, samples: 2 });
    expect(session.samples.size).toBe(2);
    const { id, task } = session;
    await session[Symbol.asyncDispose]();
    await using again = await Session.resume(task, id, true);
    expect(again.samples.size).toBe(2);
    expect(again.topics.size).toBe(1);
  });

  it("says what is wrong with a session whose log is gone or cut off", async () => {
    const { session, task } = await stageWith();
    await session[Symbol.asyncDispose]();
    await writeFile(path.join(session.folder, "session.jsonl"), '{"session":');
    await expect(Session.resume(task, session.id)).rejects.toThrow(/cut off/);
    await rm(session.folder, { recursive: true });
    await expect(Session.resume(task, session.id)).rejects.toThrow(/no session/);
  });
});

describe("changeSettings", () => {
  it("of a session with a template of one's own asks for its file where fields are given again", async () => {
    const { task, session } = await stageWith({});
    await session[Symbol.asyncDispose]();
    const file = path.join(task.folder, "mine.yaml");
    const fields = { x: "rain" };
    await writeFile(file, "name: mine\ngoals: [fine-tune]\nfields:\n  x:\ntexts:\n  topics: About {x}.\n");
    const own = await Session.begin(task, await newSettings(task, { template: file, fields }));
    await expect(changeSettings(own, { fields })).rejects.toMatchObject({
      message: expect.stringContaining("a template of your own, mine") as string,
      remedy: expect.stringContaining("--template") as string,
    });
    expect(await changeSettings(own, { template: file, fields, guidance: { inputs: "short" } })).toEqual(["guidance"]);
    await own[Symbol.asyncDispose]();
  });
});
