import { lstat, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../errors.js";
import { type KilnRun, type KilnTask, newRating, patchFile, restoreFile, writeRun } from "./index.js";
import { filesIn, run, taskFolder } from "./testing/folders.js";

describe("patchFile", () => {
  it("changes one thing, and no other digit, key or space", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run({ tags: ["a"] }));
    const odd = (await readFile(file, "utf8")).replace('  "tags"', '  "cost_of_all": 1.50,\n  "tags"') + "\n";
    await writeFile(file, odd);
    const tree = await patchFile<KilnRun>(file, ({ output }) => {
      output.rating = newRating("five_star", 4);
    });
    expect(tree.output.rating?.value).toBe(4);
    const after = await readFile(file, "utf8");
    const [was, is] = [odd.split("\n"), after.split("\n")];
    const place = was.findIndex((line) => line === '    "rating": null,');
    expect(is.slice(0, place)).toEqual(was.slice(0, place));
    expect(is.slice(place + is.length - was.length + 1)).toEqual(was.slice(place + 1));
    expect(after).toContain('      "value": 4.0,');
    await patchFile<KilnRun>(file, ({ output }) => {
      output.rating = null;
    });
    expect(await readFile(file, "utf8")).toBe(odd);
  });

  it("does not write what does not change", async () => {
    const task = await taskFolder();
    const before = await lstat(task.file, { bigint: true });
    await patchFile<KilnTask>(task.file, (tree) => {
      tree.description = null;
    });
    expect((await lstat(task.file, { bigint: true })).ino).toBe(before.ino);
  });

  it("refuses a change that Kiln could not read, and files that it cannot read", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run());
    const before = await filesIn(task.folder);
    const told = (change: (tree: KilnRun) => void) =>
      patchFile<KilnRun>(file, change).then(
        () => "",
        (error: unknown) => lineOf(error),
      );
    expect(await told((tree) => tree.tags.push("a b"))).toMatch(/not changed: Kiln could not read it.*a space/);
    expect(await told((tree) => (tree.repair_instructions = "x"))).toMatch(/come together/);
    expect(await told((tree) => (tree.output.rating = newRating("five_star", 9)))).toMatch(/from 1 to 5, not 9/);
    expect(await told((tree) => (tree.model_type = "x"))).toMatch(/not changed.*"model_type" is "x"/);
    expect(await filesIn(task.folder)).toEqual(before);
    await writeFile(task.file, "{}");
    await expect(patchFile(task.file, () => undefined)).rejects.toThrow(/no "model_type"/);
  });

  it("goes through links", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run());
    const elsewhere = path.join(task.project!.folder, "elsewhere.kiln");
    await rename(file, elsewhere);
    await symlink(elsewhere, file);
    await patchFile<KilnRun>(file, (tree) => void tree.tags.push("x"));
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(elsewhere, "utf8")).toContain('"x"');
  });

  it("loses none of many changes at once, in this process", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run());
    const tags = Array.from({ length: 40 }, (_, i) => `t${i}`);
    await Promise.all(tags.map((tag) => patchFile<KilnRun>(file, (tree) => void tree.tags.push(tag))));
    const { tags: there } = JSON.parse(await readFile(file, "utf8")) as KilnRun;
    expect([...there].sort()).toEqual([...tags].sort());
    expect(await readdir(path.join(task.folder, ".quern", "locks"))).toEqual([]);
    expect(await readFile(path.join(task.folder, ".quern", ".gitignore"), "utf8")).toBe("*\n");
  });

  it("makes the change anew where another program has changed the file meanwhile", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run());
    let calls = 0;
    await patchFile<KilnRun>(file, async (tree) => {
      tree.tags.push("mine");
      if (calls++ > 0) return;
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace('"tags": []', '"tags": ["theirs"]'));
    });
    expect(calls).toBe(2);
    expect((JSON.parse(await readFile(file, "utf8")) as KilnRun).tags).toEqual(["theirs", "mine"]);
    await expect(
      patchFile<KilnRun>(file, async (tree) => {
        tree.tags.push("x");
        await writeFile(file, `${await readFile(file, "utf8")} `);
      }),
    ).rejects.toThrow(/keeps being changed/);
  });

  it("keeps its work in the task or project, not beside it", async () => {
    const task = await taskFolder();
    const { folder, file } = task.project!;
    await patchFile(file, (tree) => {
      tree.created_by = "x";
    });
    expect((await readdir(folder)).sort()).toEqual([".quern", "project.kiln", "tasks"]);
    expect(await readdir(path.dirname(folder))).not.toContain(".quern");
  });
});

describe("restoreFile", () => {
  it("puts back what was there, unless somebody has changed it since", async () => {
    const task = await taskFolder();
    const before = await readFile(task.file, "utf8");
    await patchFile<KilnTask>(task.file, (tree) => {
      tree.description = "x";
    });
    const after = await readFile(task.file, "utf8");
    await restoreFile(task.file, after, before);
    expect(await readFile(task.file, "utf8")).toBe(before);
    await expect(restoreFile(task.file, after, before)).rejects.toThrow(/has been changed since/);
  });
});
