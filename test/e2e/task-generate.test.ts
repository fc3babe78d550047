/** From a task in ten lines to a hundred saved samples by two commands, on the embedded model; and what ends it early. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { quern, start, temporaryFolder } from "../support/command.js";
import { hasKiln, openedByKiln } from "../support/kiln.js";

const description = `name: Headline Writer
instruction: Write a headline for the news story that the user sends.
requirements:
  - { name: Short, instruction: At most ten words. }
  - { name: Sober, instruction: No exclamation marks and no puns. }
input_schema: { type: object, properties: { story: { type: string }, section: { enum: [sports, politics, culture] },
  byline: { type: string } }, required: [story, section] }
output_schema: { type: object, properties: { headline: { type: string, maxLength: 90 } }, required: [headline] }
data_guide: Stories of local newspapers, two or three sentences long.
`;

interface Run {
  id: string;
  input: string;
  tags: string[];
  output: { output: string; source: { properties: Record<string, unknown> } };
}

async function made(): Promise<{ cwd: string; task: string }> {
  const cwd = await temporaryFolder();
  await writeFile(path.join(cwd, "task.yaml"), description);
  const { exitCode, stdout } = await quern(["task", "init", "-f", "task.yaml", "--json"], { cwd });
  expect(exitCode).toBe(0);
  return { cwd, task: path.dirname(path.join(cwd, (JSON.parse(stdout) as { task: string }).task)) };
}

async function runsIn(task: string): Promise<Run[]> {
  const names = await readdir(path.join(task, "runs")).catch(() => []);
  return await Promise.all(
    names.map(
      async (name) => JSON.parse(await readFile(path.join(task, "runs", name, "task_run.kiln"), "utf8")) as Run,
    ),
  );
}

describe("quern generate", () => {
  it("makes a hundred samples of a task in ten lines, and saves them as records that trainers load", async () => {
    const { cwd, task } = await made();
    const { exitCode, stderr } = await quern(["generate", "headline-writer", "--topics", "10", "-n", "10"], { cwd });
    expect(stderr).toContain("100 samples saved");
    expect(exitCode).toBe(0);
    const runs = await runsIn(task);
    expect(runs).toHaveLength(100);
    expect(new Set(runs.map(({ input }) => input)).size).toBe(100);
    for (const run of runs) {
      const input = JSON.parse(run.input) as Record<string, unknown>;
      expect(["sports", "politics", "culture"]).toContain(input["section"]);
      expect(Object.keys(JSON.parse(run.output.output) as object)).toEqual(["headline"]);
      expect(run.tags).toContain("fine_tune_data");
    }
    // Optional fields are there in some and missing in others.
    const withByline = runs.filter(({ input }) => "byline" in (JSON.parse(input) as object)).length;
    expect(withByline).toBeGreaterThan(0);
    expect(withByline).toBeLessThan(100);
    expect((await quern(["task", "check", "headline-writer"], { cwd })).exitCode).toBe(0);
    const saved = await quern(["save-as", "headline-writer", "-f", "openai", "-o", "train.jsonl"], { cwd });
    expect(saved.exitCode).toBe(0);
    expect((await readFile(path.join(cwd, "train.jsonl"), "utf8")).trimEnd().split("\n")).toHaveLength(100);
    if (!hasKiln) return;
    // Kiln's own library reads all of it, finds no fault and would write the same bytes.
    const view = await openedByKiln(path.resolve(task, "../.."));
    expect(view).toMatchObject({ errors: [], differences: [], folders: [] });
    expect(view.tasks).toEqual([
      expect.objectContaining({
        name: "Headline Writer",
        runs: 100,
        data_guide: expect.stringContaining("newspapers") as string,
      }),
    ]);
  });

  it("goes on after kill -9 and after Ctrl-C, guidance included, with nothing twice", async () => {
    const { cwd, task } = await made();
    const args = ["generate", "headline-writer", "--topics", "3", "-n", "6"];
    const first = start([...args, "--guidance", "in Spanish"], { cwd });
    const log = () =>
      readdir(path.join(task, ".quern", "sessions"))
        .then((names) => readFile(path.join(task, ".quern", "sessions", names[0]!, "session.jsonl"), "utf8"))
        .catch(() => "");
    for (let i = 0; i < 600 && !(await log()).includes('{"input"'); i++) await delay(100);
    first.kill("SIGKILL");
    await first;
    const second = start(args, { cwd });
    for (let i = 0; i < 600 && (await runsIn(task)).length < 3; i++) await delay(100);
    second.kill("SIGINT");
    expect((await second).exitCode).toBe(130);
    const third = await quern(args, { cwd });
    expect(third.exitCode).toBe(0);
    const runs = await runsIn(task);
    expect(runs).toHaveLength(18);
    expect(new Set(runs.map(({ input }) => input)).size).toBe(18);
    for (const { output } of runs) expect(output.source.properties["guidance"]).toContain("in Spanish");
    // Everything is saved, so the next begins anew and appends.
    const more = await quern(["generate", "headline-writer", "--topics", "2", "-n", "2"], { cwd });
    expect(more.exitCode).toBe(0);
    expect(await runsIn(task)).toHaveLength(22);
  });

  it("goes stage by stage, with topics from a file and by hand", async () => {
    const { cwd, task } = await made();
    await writeFile(path.join(cwd, "topics.txt"), "Sports\n  Chess\nWeather\n");
    expect(
      (await quern(["topics", "headline-writer", "--from", "topics.txt", "--add", "Sports > Rugby"], { cwd })).exitCode,
    ).toBe(0);
    const listed = await quern(["topics", "headline-writer", "--list"], { cwd });
    expect(listed.stdout).toBe("Sports\n  Rugby\n  Chess\nWeather");
    expect((await quern(["inputs", "headline-writer", "-n", "2"], { cwd })).exitCode).toBe(0);
    expect((await quern(["outputs", "headline-writer", "--prompt", "cot"], { cwd })).exitCode).toBe(0);
    const samples = await quern(["samples", "headline-writer", "--json"], { cwd });
    const { samples: all } = JSON.parse(samples.stdout) as { samples: { id: string }[] };
    expect(all).toHaveLength(6);
    await quern(["samples", "headline-writer", "--remove", all[0]!.id], { cwd });
    const saved = await quern(["save", "headline-writer", "--split", "train=80,test=20", "--tag", "mine"], { cwd });
    expect(saved.exitCode).toBe(0);
    const runs = await runsIn(task);
    expect(runs).toHaveLength(5);
    expect(runs.filter(({ tags }) => tags.includes("train"))).toHaveLength(4);
  });
});

describe("what is wrong is told before any work", () => {
  it.each([
    [["generate", "headline-writer", "--tag", "my tag"], 2, "my_tag would do"],
    [["generate", "headline-writer", "--template", "isue"], 2, "issue"],
    [["generate", "headline-writer", "--goal", "eval", "--template", "issue"], 2, "--field issue"],
    [["generate", "headline-writer", "--prompt", "few-shot"], 2, "quern review"],
    [["outputs", "headline-writer"], 2, "quern inputs"],
    [["topics", "headline-writer", "--under", "Nothing"], 1, "no topic"],
    [["generate", "nowhere"], 1, "quern task init"],
    [["generate", "headline-writer", "--session", "1"], 2, "no session"],
    [["task", "init", "x", "--name", "v1.0", "--instruction", "y"], 2, "v1 0"],
    [["task", "init", "x", "--name", "y"], 2, "no instruction"],
  ])("%j", async (args, code, text) => {
    const { cwd, task } = await made();
    const { exitCode, stderr } = await quern(args, { cwd });
    expect(stderr).toContain(text);
    expect(exitCode).toBe(code);
    expect(await runsIn(task)).toHaveLength(0);
  });

  it("lets a second command wait its turn with a clear error", async () => {
    const { cwd } = await made();
    const first = start(["generate", "headline-writer", "--topics", "5", "-n", "20"], { cwd });
    await delay(3000);
    const second = await quern(["generate", "headline-writer", "--topics", "2", "-n", "2"], { cwd });
    first.kill("SIGKILL");
    await first;
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain("another run (process");
  });
});
