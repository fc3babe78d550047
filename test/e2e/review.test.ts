/** A review as a person does it on a terminal, and as a script does it without one. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type KilnRun, readRun, type StoredRun, type TaskFolder } from "../../src/pipeline/projects/index.js";
import { main, quern, type CommandResult } from "../support/command.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { addRun, model, taskWith } from "../support/task.js";
import { key, Terminal, terminals } from "../support/terminal.js";

if (!terminals) console.warn("NOT TESTED: quern review on a terminal: there is no python3 with pty");

const schema = JSON.stringify({
  type: "object",
  properties: { headline: { type: "string" } },
  required: ["headline"],
  additionalProperties: false,
});
const requirements = [
  { name: "Short", instruction: "Under ten words." },
  { name: "True", instruction: "Nothing made up.", type: "pass_fail" as const },
];

async function headlines(count: number, more: Partial<Parameters<typeof addRun>[1]> = {}) {
  const task = await taskWith({ output_json_schema: schema, requirements });
  const runs: StoredRun[] = [];
  for (let i = 0; i < count; i++)
    runs.push(
      await addRun(task, {
        id: String(100_000_000_000 + i),
        input: `input number ${i}`,
        output: JSON.stringify({ headline: `Headline ${i}` }),
        tags: ["synthetic"],
        ...more,
      }),
    );
  return { task, runs };
}

const saved = async ({ file }: StoredRun) => JSON.parse(await readFile(file, "utf8")) as KilnRun;

const open: Terminal[] = [];

afterEach(() => {
  for (const terminal of open.splice(0)) terminal.kill();
});

function review(
  task: TaskFolder,
  args: readonly string[] = [],
  options: Partial<Parameters<typeof Terminal.start>[1]> = {},
) {
  const env = { EDITOR: "", VISUAL: "", NO_COLOR: "", QUERN_CONFIG: "", ...options.env };
  const command = [process.execPath, main, "review", task.folder, ...args];
  const terminal = Terminal.start(command, { cwd: path.dirname(task.folder), ...options, env });
  open.push(terminal);
  return terminal;
}

describe.runIf(terminals)("quern review on a terminal", () => {
  it("rates by one key, goes on, and begins where it was left", async () => {
    const { task, runs } = await headlines(3);
    const first = review(task);
    const screen = await first.until("INPUT\ninput number 0");
    expect(screen).toContain('OUTPUT\n{\n  "headline": "Headline 0"\n}');
    expect(screen).toMatch(/1 of 3 · 3 to review/);
    await first.press("4", "input number 1");
    // It is on disk before the next is shown.
    expect((await saved(runs[0]!)).output.rating).toMatchObject({ type: "five_star", value: 4 });
    await first.press("f", "input number 2");
    expect((await saved(runs[1]!)).output.rating).toMatchObject({ type: "pass_fail", value: 0 });
    await first.press("q");
    expect(await first.end()).toBe(0);
    expect(first.isTaken).toBe(false);
    expect(first.text).toContain("review: 2 runs rated, 1 left to review");
    const second = review(task);
    expect(await second.until("input number 2")).toMatch(/1 of 1 · 1 to review/);
    await second.press("5", /This is the\s+last; all are reviewed/);
    await second.press(key.ctrlC);
    expect(await second.end()).toBe(130);
    const third = review(task);
    expect(await third.end()).toBe(0);
    expect(third.text).toContain("all 3 runs are reviewed; --all shows them");
    const all = review(task, ["--all", "--filter", "rating>=4"]);
    expect(await all.until("1 of 2")).toContain("★★★★☆");
    await all.press("n", "★★★★★");
  });

  it("rates by requirement, tags, comments, deletes, and takes each back", async () => {
    const { task, runs } = await headlines(3);
    const terminal = review(task);
    await terminal.until("input number 0");
    await terminal.press("m", "▶ Short");
    await terminal.press("5", "▶ True");
    await terminal.press("p", /Short ★★★★★ · True pass/);
    const ratings = Object.values((await saved(runs[0]!)).output.rating!.requirement_ratings);
    expect(ratings).toEqual([
      { value: 5, type: "five_star" },
      { value: 1, type: "pass_fail" },
    ]);
    await terminal.press("t", "Tags, with spaces");
    await terminal.press(`first second${key.enter}`, "tags synthetic first second");
    expect((await saved(runs[0]!)).tags).toEqual(["synthetic", "first", "second"]);
    await terminal.press("t", "Tags, with spaces");
    await terminal.press(`bad,tag${key.enter}`, "has a comma in it");
    await terminal.press("c", "Comment:");
    await terminal.press(`nice 日本${key.enter}`, "COMMENT\nnice 日本");
    const folder = path.dirname(runs[0]!.file);
    expect(await namesIn(folder, "feedback")).toHaveLength(1);
    await terminal.press("d", "Delete this sample?");
    await terminal.press("x", /1 of 3/);
    await terminal.press("d", "Delete this sample?");
    await terminal.press("y", "is deleted");
    expect(terminal.text).toContain("input number 1");
    expect(await namesIn(path.dirname(folder))).toHaveLength(2);
    await terminal.press("u", "taken back (deleted)");
    expect(await namesIn(path.dirname(folder))).toHaveLength(3);
    await terminal.press("u", "taken back (a comment)");
    expect(terminal.text).not.toContain("COMMENT");
    await terminal.press("u", /tags synthetic\n/);
    await terminal.press("u", "True –");
    await terminal.press("u", "Short –");
    await terminal.press("u", "nothing to take back");
    expect(await saved(runs[0]!)).toEqual(runs[0]!.run);
    await terminal.press("d", "Delete this sample?");
    await terminal.press("y", "is deleted");
    await terminal.press("q");
    expect(await terminal.end()).toBe(0);
    expect(terminal.text).toContain("1 runs deleted");
    await expect(readRun(task, runs[0]!.run.id)).rejects.toThrow("no run");
    expect(await namesIn(task.folder, ".quern", "deleted")).toEqual([]);
  });

  it("repairs: a model tries, again, and a person edits and accepts", async () => {
    let tries = 0;
    await using server = await fakeServer({ answer: () => ({ headline: `Repaired ${++tries}` }) });
    const { task, runs } = await headlines(1);
    const terminal = review(task, server.flags);
    await terminal.until("input number 0");
    // Nothing is asked of a model before it is needed.
    expect(server.requests).toHaveLength(0);
    await terminal.press("r", "What has to change?");
    await terminal.press(`shorter, please${key.enter}`, '"headline": "Repaired 1"');
    expect(terminal.text).toContain("REPAIRED OUTPUT by fake, not kept yet");
    expect(server.requests[0]!.prompt).toContain("shorter, please");
    expect(await saved(runs[0]!)).toMatchObject({ repaired_output: null });
    await terminal.press("t", "Repaired 2");
    await terminal.press("e", "ctrl-s done");
    await terminal.press(`${key.ctrlU}nonsense${key.ctrlS}`, "by you, not kept yet");
    await terminal.press("a", "it is not JSON");
    await terminal.press("e", "ctrl-s done");
    await terminal.press(`${"\u001B[3~".repeat("nonsense{".length)}{${key.ctrlS}`, "by you, not kept yet");
    await terminal.press("a", "WHAT HAD TO CHANGE");
    expect(await saved(runs[0]!)).toMatchObject({
      repair_instructions: "shorter, please",
      repaired_output: {
        output: '{"headline": "Repaired 2"}',
        rating: null,
        source: { type: "human", properties: { edited_from: "fake" } },
      },
      output: { output: '{"headline":"Headline 0"}' },
    });
    await terminal.press("x", "the repair is taken away");
    await terminal.press("u", "WHAT HAD TO CHANGE");
    await terminal.press("q");
    expect(await terminal.end()).toBe(0);
  });

  it("can be told to stop waiting for a model", async () => {
    await using server = await fakeServer({ held: true });
    const { task } = await headlines(1);
    const terminal = review(task, server.flags);
    await terminal.until("input number 0");
    await terminal.press("r", "What has to change?");
    await terminal.press(`shorter${key.enter}`, /repairs the output/);
    // What is pressed meanwhile is not taken for what comes later.
    await terminal.press("aaq");
    await terminal.press(key.escape, "Stopped. e writes it by hand.");
    await terminal.press(key.escape, "The repair is not kept.");
    server.release();
    await terminal.press("q");
    expect(await terminal.end()).toBe(0);
  });

  it("says that the embedded model is not worth it", async () => {
    const { task } = await headlines(1);
    const terminal = review(task, ["-m", "embedded"]);
    await terminal.until("input number 0");
    await terminal.press("r", "What has to change?");
    await terminal.press(`shorter${key.enter}`, "What has to change?");
    const screen = await terminal.until(/embedded model, which is not\s+worth\s+repairing/, 120_000);
    expect(screen).toContain("esc discard");
    await terminal.press(key.ctrlC);
    expect(await terminal.end()).toBe(130);
  });

  it("edits on the screen, and in the user's own editor", async () => {
    const { task, runs } = await headlines(2);
    const folder = await folderWith({
      "edit.sh": '#!/bin/sh\nsed "s/Headline/$2/" "$1" > "$1.new" && mv "$1.new" "$1"\n',
      "fail.sh": "#!/bin/sh\nexit 3\n",
    });
    for (const name of ["edit.sh", "fail.sh"]) await chmod(path.join(folder, name), 0o755);
    const here = review(task);
    await here.until("input number 0");
    await here.press("e", "ctrl-s save");
    await here.press(`x${key.ctrlS}`, "it is not JSON");
    await here.press(`\u007F${key.down}${key.end}\u007FÄ"${key.ctrlS}`, "edited. u takes it back");
    expect((await saved(runs[0]!)).output).toMatchObject({
      output: '{"headline": "Headline 0Ä"}',
      source: { type: "human", properties: { edited_from: "m", label: "pass" } },
    });
    await here.press("q");
    expect(await here.end()).toBe(0);
    const command = `sh -c '"${path.join(folder, "edit.sh")}" "$1" Edited' sh`;
    const own = review(task, [], { env: { EDITOR: command } });
    await own.until("input number 0");
    await own.press("n", "input number 1");
    await own.press("e", '"headline": "Edited 1"');
    expect((await saved(runs[1]!)).output.output).toBe('{"headline": "Edited 1"}');
    await own.press("q");
    expect(await own.end()).toBe(0);
    const failing = review(task, [], { env: { EDITOR: `'${path.join(folder, "fail.sh")}'` } });
    await failing.until("input number 0");
    await failing.press("e", "ended with 3");
    await failing.press("q");
    await failing.end();
  });

  it("shows long texts, wide characters and hostile ones in any size, and follows the terminal's", async () => {
    const { task } = await headlines(0);
    const hostile = `日本語のとても長い文章です。👩‍👩‍👧‍👦\u001B[2J\u001B]0;title\u0007\u009B31m\u202E ${"word ".repeat(800)}THE END`;
    await addRun(task, { input: hostile, output: '{"headline": "x"}', tags: ["t"] });
    const terminal = review(task, [], { rows: 24, columns: 80 });
    expect(await terminal.until("日本語の")).toContain("👩‍👩‍👧‍👦␛[2J␛]0;title␇‹U+009B›31m‹U+202E›");
    await terminal.until(/lines 1–\d+ of \d+ ↓/);
    await terminal.press(key.end, "THE END");
    terminal.resize(12, 40);
    const small = await terminal.until(/1-5 p f rate {2}r repair {2}\? help/);
    expect(small.split("\n").length).toBeLessThanOrEqual(12);
    terminal.resize(30, 120);
    await terminal.until(/t tags {2}d delete/);
    await terminal.press("?", "stars for the whole output");
    await terminal.press("q", "THE END");
    // eslint-disable-next-line no-control-regex
    expect(terminal.raw).not.toMatch(/\u0007|\u009B|\u202E|\u001B\]0/);
    await terminal.press("q");
    expect(await terminal.end()).toBe(0);
  });

  it("uses no colours where NO_COLOR is set, and puts the terminal back however it ends", async () => {
    const { task } = await headlines(1);
    const plain = review(task, [], { env: { NO_COLOR: "1" } });
    await plain.until("input number 0");
    await plain.press("q");
    await plain.end();
    // eslint-disable-next-line no-control-regex
    expect(plain.raw).not.toMatch(/\u001B\[[1-9][0-9;]*m/);
    const ended = review(task);
    await ended.until("input number 0");
    // eslint-disable-next-line no-control-regex
    expect(ended.raw).toMatch(/\u001B\[[1-9][0-9;]*m/);
    ended.signal(15);
    expect(await ended.end()).toBe(130);
    const fault = `data:text/javascript,${encodeURIComponent('setTimeout(() => { throw new Error("a fault of its own") }, 4000)')}`;
    const crashed = review(task, [], { env: { NODE_OPTIONS: `--import=${fault}` } });
    await crashed.until("input number 0");
    expect(await crashed.end()).not.toBe(0);
    // What it says stands where people read it.
    expect(crashed.text).toContain("a fault of its own");
    for (const { raw, isTaken } of [plain, ended, crashed]) {
      expect(isTaken).toBe(false);
      expect(raw.lastIndexOf("\u001B[?25h")).toBeGreaterThan(raw.lastIndexOf("\u001B[?25l"));
      for (const mode of ["?2004l", "?7h", "?1049l"]) expect(raw).toContain(`\u001B[${mode}`);
    }
  });

  it("finds samples by text, number and id, and leaves out what has gone or broken meanwhile", async () => {
    const { task, runs } = await headlines(5);
    const terminal = review(task);
    await terminal.until("input number 0");
    await terminal.press("/", "Search for:");
    await terminal.press(`HEADLINE 3${key.enter}`, "input number 3");
    await terminal.press("/", "Search for:");
    await terminal.press(`nowhere${key.enter}`, 'Nothing has "nowhere" in it');
    await terminal.press("g", "Go to number or id:");
    await terminal.press(`2${key.enter}`, "input number 1");
    await terminal.press("g", "Go to number or id:");
    await terminal.press(`${runs[4]!.run.id}${key.enter}`, "input number 4");
    await writeFile(runs[3]!.file, "{ cut o");
    await terminal.press("b", /is not\s+JSON/);
    expect(terminal.text).toContain("input number 4");
    expect(terminal.text).toMatch(/4 of 4/);
    await terminal.press("q");
    expect(await terminal.end()).toBe(0);
  });
});

describe("quern review without a terminal", () => {
  const run = (task: TaskFolder, args: string[], input?: string): Promise<CommandResult> =>
    quern(["review", task.folder, ...args], input === undefined ? {} : { input });

  it("says which flags do without", async () => {
    const { task } = await headlines(1);
    const { exitCode, stderr } = await run(task, []);
    expect(exitCode).toBe(2);
    for (const flag of ["--list", "--rate ID=4", "--requirement NAME=4", "--repair-all", "--delete ID"])
      expect(stderr).toContain(flag);
  });

  it("lists runs as lines and as JSON, by filter and order", async () => {
    const { task, runs } = await headlines(4);
    await addRun(task, { input: "\u001B[31mred\u009B", output: '{"headline": "long, very long"}', tags: ["x"] });
    await run(task, ["--rate", `${runs[1]!.run.id}=4`, "--pass", runs[2]!.run.id]);
    const { stdout, stderr } = await run(task, ["--list"]);
    expect(stdout.split("\n")).toHaveLength(5);
    expect(stdout).toMatch(/^100000000001 {2}4 stars +\[synthetic\] input number 1 → \{"headline":"Headline 1"\}$/m);
    expect(stdout).toContain("␛[31mred‹U+009B›");
    expect(stderr).toContain("review: 5 runs");
    const listed = await run(task, ["--list", "--json", "--sort", "length", "--reverse", "--limit", "2"]);
    const { runs: some, matched } = JSON.parse(listed.stdout) as { runs: Record<string, unknown>[]; matched: number };
    expect([some.length, matched]).toEqual([2, 5]);
    expect(some[0]).toMatchObject({ output: '{"headline": "long, very long"}', tags: ["x"], rating: null });
    // eslint-disable-next-line no-control-regex
    expect(listed.stdout).not.toMatch(/[\u0000-\u0009\u007F-\u009F]/);
    const filtered = await run(task, ["--list", "--filter", "rating>=4", "--filter", "tag::synthetic"]);
    expect(filtered.stdout.split("\n")).toHaveLength(1);
    await writeFile(runs[3]!.file, "{");
    const broken = await run(task, ["--list"]);
    expect(broken.exitCode).toBe(3);
    expect(broken.stderr).toContain(runs[3]!.run.id);
  });

  it("rates, tags, edits, comments, repairs by hand and deletes, telling how many", async () => {
    const { task, runs } = await headlines(4);
    const ids = runs.map((one) => one.run.id);
    const rated = await run(task, ["--rate", `${ids[0]}=5`, "--fail", ids[1]!, "--requirement", "short=2"]);
    expect(rated.stderr).toContain("2 runs rated, 2 ratings by requirement");
    expect((await saved(runs[0]!)).output.rating).toMatchObject({ value: 5 });
    const tagged = await run(task, ["--tag-add", "new", "--tag-remove", "synthetic", "--filter", "unrated"]);
    expect(tagged.stderr).toContain("2 runs tagged");
    expect((await saved(runs[3]!)).tags).toEqual(["new"]);
    const edited = await run(task, ["--edit", ids[2]!, "--output", "-"], '{"headline": "By hand"}\n');
    expect(edited.exitCode, edited.stderr).toBe(0);
    expect((await saved(runs[2]!)).output.output).toBe('{"headline": "By hand"}');
    const wrong = await run(task, ["--edit", ids[2]!, "--output", "-"], '{"title": "x"}');
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining("does not comply")]);
    const repaired = await run(task, ["--repair", ids[3]!, "as asked", "--output", "-"], '{"headline": "R"}');
    expect(repaired.exitCode, repaired.stderr).toBe(0);
    expect((await saved(runs[3]!)).repaired_output?.output).toBe('{"headline": "R"}');
    expect((await run(task, ["--feedback", ids[3]!, "well done"])).exitCode).toBe(0);
    const deleted = await run(task, ["--delete", ids[0]!, "--delete", "999"]);
    expect([deleted.exitCode, deleted.stderr]).toEqual([3, expect.stringContaining("1 runs deleted")]);
    expect((await run(task, ["--delete-all", "--filter", "tag::new"])).exitCode).toBe(2);
    const all = await run(task, ["--delete-all", "--filter", "tag::new", "--yes"]);
    expect(all.stderr).toContain("2 runs deleted");
    for (const args of [
      ["--rate", `${ids[1]}=9`],
      ["--rate", ids[1]!],
      ["--requirement", "Nice=3", "--id", ids[1]!],
      ["--tag-add", "a b", "--filter", "all"],
      ["--tag-add", "a"],
      ["--repair", ids[1]!],
      ["--list", "--delete", ids[1]!],
      ["--list", "--filter", "nonsense"],
      ["--list", "--sort", "colour"],
      ["--output", "x"],
    ])
      expect((await run(task, args)).exitCode, args.join(" ")).toBe(2);
  });

  it("applies one repair to all, each within the schema, and goes on where it was", async () => {
    await using server = await fakeServer({
      answer: ({ prompt }) => ({ headline: `${/"headline":"(.*?)"/.exec(prompt)![1]!}!` }),
    });
    const { task, runs } = await headlines(12);
    const args = ["--repair-all", "louder", "--filter", "all", ...server.flags];
    const preview = await run(task, [...args, "--preview"]);
    expect(preview.stderr).toContain("12 runs would be repaired");
    expect(server.requests).toHaveLength(0);
    const all = await run(task, args);
    expect(all.exitCode, all.stderr).toBe(0);
    expect(all.stderr).toContain("12 runs repaired");
    for (const [i, one] of runs.entries())
      expect(await saved(one)).toMatchObject({
        repair_instructions: "louder",
        repaired_output: { output: `{"headline": "Headline ${i}!"}`, source: { properties: { model_name: "fake" } } },
      });
    const again = await run(task, args);
    expect(again.stderr).toContain("12 runs that were repaired already");
    expect(server.requests).toHaveLength(12);
  });

  it("repairs one by a model, or only shows what it makes", async () => {
    await using server = await fakeServer({ answer: () => ({ headline: "Better" }) });
    const { task, runs } = await headlines(1);
    const args = ["--repair", runs[0]!.run.id, "be better", ...server.flags];
    const preview = await run(task, [...args, "--preview"]);
    expect(preview.stdout).toContain('"headline": "Better"');
    expect((await saved(runs[0]!)).repaired_output).toBeNull();
    const done = await run(task, args);
    expect(done.exitCode, done.stderr).toBe(0);
    expect((await saved(runs[0]!)).repaired_output).toMatchObject({ output: '{"headline": "Better"}' });
    expect((await run(task, ["--remove-repair", runs[0]!.run.id])).stderr).toContain("1 repairs taken away");
    expect((await saved(runs[0]!)).output.source).toEqual(model);
  });
});
