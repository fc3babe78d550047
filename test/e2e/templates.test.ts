/** Goals, templates, tags and splits, said of the command as it is started. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, temporaryFolder } from "../support/command.js";
import { expectError, parsedStdout } from "../support/expectations.js";
import { fakeServer, type FakeServer, type ServerRequest } from "../support/fake-server.js";

interface Run {
  input: string;
  tags: string[];
  output: { output: string; source: { properties: Record<string, string> } };
}

async function newTask(): Promise<string> {
  const cwd = await temporaryFolder();
  const args = ["task", "init", "mill", "--name", "Mill", "--instruction", "Answer letters to a mill."];
  const { exitCode, stderr } = await quern(args, { cwd });
  expect(exitCode, stderr).toBe(0);
  return cwd;
}

async function runsIn(cwd: string): Promise<Run[]> {
  const all = await readdir(path.join(cwd, "mill"), { recursive: true });
  const files = all.filter((file) => path.basename(file) === "task_run.kiln");
  return await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(path.join(cwd, "mill", file), "utf8")) as Run),
  );
}

/** Outputs are good or bad as they are asked for, and the judge sees which. */
const badOutput = "Bread costs 7 euro, as you know.";
function millServer(): Promise<FakeServer> {
  let made = 0;
  const several = (count: number, what: string) => Array.from({ length: count }, () => `${what} ${words(made++)}`);
  return fakeServer({
    contextTokens: 8192,
    answer: ({ prompt, schema }: ServerRequest) => {
      if (prompt.includes("Judge an output"))
        return { reason: "It says so.", verdict: prompt.includes(badOutput) ? "fail" : "pass" };
      const count = schema.properties?.["items"]?.maxItems ?? (schema as { maxItems?: number }).maxItems ?? 1;
      const list = several(count, prompt.includes("Number of new topics") ? "About" : "Dear miller, please tell me of");
      return schema.properties?.["items"] === undefined ? list : { items: list };
    },
    reply: ({ prompt, schema }) =>
      schema.properties === undefined && !prompt.includes("Answer with JSON")
        ? prompt.includes("Write an output that has this issue")
          ? badOutput
          : `We do not know. ${words(made++)}`
        : undefined,
  });
}

/** Words that are unlike each other, for what is like another is dropped. */
const words = (i: number): string =>
  ["amber", "birch", "cedar", "delta", "ember", "flint", "grove", "heron"]
    .map((word, at) => `${word}${((i + 1) * (at + 3) * 7919) % 997}`)
    .join(" ");

describe("templates", () => {
  it("are listed, shown, copied, changed and used", async () => {
    const cwd = await newTask();
    const listed = await quern(["templates", "list"], { cwd });
    expect(listed.stdout).toMatch(/^issue +cases that bring out an issue .* \[eval, fine-tune\]$/m);
    expect(listed.stdout).toMatch(/^ +needs issue; takes failing_examples, passing_examples$/m);
    const json = parsedStdout(await quern(["templates", "list", "--json"], { cwd })) as { templates: unknown[] };
    expect(json.templates).toHaveLength(17);

    const copied = await quern(["templates", "copy", "issue", "sub/mine.yaml"], { cwd });
    expect(copied.stdout).toContain("use it with --template sub/mine.yaml");
    const again = await quern(["templates", "copy", "issue", "sub/mine.yaml"], { cwd });
    expectError(again, 1, "sub/mine.yaml is there already");
    const file = path.join(cwd, "sub", "mine.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace("List kinds of inputs", "List odd kinds of inputs"));
    const shown = await quern(["templates", "show", "sub/mine.yaml"], { cwd });
    expect(shown.stdout).toContain("List odd kinds of inputs");

    const args = ["generate", "mill", "--preview", "--template", "sub/mine.yaml", "--field", "issue=Invents prices."];
    const { stdout, stderr } = await quern(args, { cwd });
    const preview = stdout + stderr;
    // The goal is the first that the template names.
    expect(preview).toContain("Goal: eval, template mine");
    expect(preview).toContain("50 % meant to fail");
    expect(preview).toContain(
      "Outputs of the task have shown this issue:\nInvents prices.\n\nList odd kinds of inputs",
    );
  });

  it("of what is shown can be written to a file and used", async () => {
    const cwd = await newTask();
    const { stdout } = await quern(["templates", "show", "tone"], { cwd });
    await writeFile(path.join(cwd, "my-tone.yaml"), stdout);
    const args = ["generate", "mill", "--preview", "--template", "my-tone.yaml", "--field", "tone=@-"];
    const used = await quern(args, { cwd, input: "dry\r\nand kind\n" });
    expect(used.stdout + used.stderr).toContain("Goal: eval, template my-tone");
    expect(used.stdout + used.stderr).toContain("Outputs of the task should have this tone:\ndry\nand kind\n");
  });

  it("make labelled samples whose shares of labels and tags are exact, over several runs", async () => {
    await using server = await millServer();
    const cwd = await newTask();
    const args = ["generate", "mill", "--goal", "eval", "--template", "issue", "--field", "issue=It invents prices."];
    const more = ["--split", "eval=60,golden=25,dev=15", "--tag", "batch_7", ...server.flags];
    const first = await quern([...args, "--topics", "4", "-n", "3", ...more], { cwd });
    expect(first.exitCode, first.stderr).toBe(0);
    const session = first.stderr;
    const count = (runs: Run[], of: (run: Run) => boolean) => runs.filter(of).length;
    for (const [at, n] of [
      [12, 3],
      [20, 5],
    ] as const) {
      if (n === 5) {
        const id = (await runsIn(cwd))[0]!.tags
          .find((tag) => tag.startsWith("synthetic_session_"))!
          .split("_")
          .at(-1)!;
        const second = await quern([...args, "--session", id, "--topics", "4", "-n", "5", ...more], { cwd });
        expect(second.exitCode, second.stderr).toBe(0);
      }
      const runs = await runsIn(cwd);
      expect(runs, session).toHaveLength(at);
      const labels = runs.map((run) => run.output.source.properties["label"]);
      expect(labels.filter((label) => label === "fail")).toHaveLength(at / 2);
      expect(labels.filter((label) => label === "pass")).toHaveLength(at / 2);
      for (const run of runs) {
        const { label, verdict, template } = run.output.source.properties;
        expect(verdict).toBe(label);
        expect(template).toBe("issue");
        expect(run.output.output === badOutput).toBe(label === "fail");
        expect(run.tags).toEqual(expect.arrayContaining(["synthetic", "batch_7"]));
        expect(run.tags.filter((tag) => ["eval", "golden", "dev"].includes(tag))).toHaveLength(1);
      }
      // 60, 25 and 15 of a hundred.
      const shares = ["eval", "golden", "dev"].map((tag) => count(runs, (run) => run.tags.includes(tag)));
      expect(shares).toEqual(at === 12 ? [7, 3, 2] : [12, 5, 3]);
    }
    // A judge must not know what it is to find.
    const judged = server.requests.filter(({ prompt }) => prompt.includes("Judge an output"));
    expect(judged.length).toBeGreaterThan(0);
    for (const { prompt } of judged) expect(prompt).not.toContain("Write an output that has this issue");
    for (const { prompt } of server.requests) expect(prompt).toContain("It invents prices.");
  });
});

describe("what is wrong with goals, templates and tags", () => {
  it.each([
    [["--template", "isue"], 'there is no template "isue"; did you mean issue?'],
    [["--template", "issue"], 'needs issue (what goes wrong, and when); give --field issue="..."'],
    [["--template", "issue", "--field", "isue=x"], 'has no field "isue"; did you mean issue?'],
    [["--template", "broken.yaml"], "broken.yaml is no template: texts.topics (line 4): there is no field {x}"],
    [["--goal", "fine-tune", "--template", "toxicity"], "is for --goal eval, not fine-tune"],
    [["--tag", "my tag"], 'the tag "my tag" has a space in it; my_tag would do'],
    [["--split", "a b=1"], 'the tag "a b" has a space in it; a_b would do'],
    [["--split", "a=0"], "all shares of tags are 0"],
    [["--goal", "eval", "--template", "custom", "--fail-share", "0.5"], "does not say what outputs are like"],
  ])("is told before any work: %j", async (flags, message) => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const cwd = await newTask();
    await writeFile(path.join(cwd, "broken.yaml"), "goals: [eval]\ntexts:\n  topics: |\n    About {x}.\n");
    const result = await quern(["generate", "mill", ...flags, ...server.flags], { cwd });
    expectError(result, 2, message);
    expect(server.requests).toHaveLength(0);
    expect(await runsIn(cwd)).toHaveLength(0);
  });
});
