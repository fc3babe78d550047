import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Lock } from "./lock.js";
import { NameGiver, recordedPath, stemOf } from "./names.js";
import { ensureOutputFolder, FileWriter, replaceFolder, writeFileAtomic } from "./write.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
});

describe("FileWriter", () => {
  it("shows nothing under the name before it is complete, and leaves nothing else behind", async () => {
    const file = path.join(folder, "out.json");
    await writeFile(file, "old");
    const writer = await FileWriter.open(file);
    for (let i = 0; i < 20_000; i++) await writer.write(`line ${i}\n`);
    expect(await readFile(file, "utf8")).toBe("old");
    await writer.commit();
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(20_001);
    expect(await readdir(folder)).toEqual(["out.json"]);
  });

  it("leaves what stood there when it is discarded", async () => {
    const file = path.join(folder, "out.json");
    await writeFile(file, "old");
    const writer = await FileWriter.open(file);
    await writer.write("new");
    await writer.discard();
    expect(await readFile(file, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["out.json"]);
  });

  it("clears away what a killed run left half-written, and not what a living one writes", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    const living = `.b.json.${process.pid}-abcdef.tmp`;
    await writeFile(path.join(folder, `.a.json.${child.pid}-abcdef.tmp`), "");
    await writeFile(path.join(folder, living), "");
    await ensureOutputFolder(folder);
    expect(await readdir(folder)).toEqual([living]);
  });

  it("makes the folder it needs", async () => {
    await writeFileAtomic(path.join(folder, "a", "b", "c.txt"), "x");
    expect(await readFile(path.join(folder, "a", "b", "c.txt"), "utf8")).toBe("x");
  });

  it("says which folder cannot be written", async () => {
    await writeFile(path.join(folder, "file"), "");
    await expect(ensureOutputFolder(path.join(folder, "file", "below"))).rejects.toThrow(
      /cannot write to the folder .*below/,
    );
  });
});

describe("replaceFolder", () => {
  it("puts the new folder in the place of the old", async () => {
    const [aside, target] = [path.join(folder, "aside"), path.join(folder, "target")];
    for (const [name, text] of [
      [aside, "new"],
      [target, "old"],
    ] as const) {
      await mkdir(name);
      await writeFile(path.join(name, "x"), text);
    }
    await replaceFolder(aside, target);
    expect(await readFile(path.join(target, "x"), "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["target"]);
  });
});

describe("Lock", () => {
  it("lets one run in, and the next after it", async () => {
    const file = path.join(folder, ".quern", "x.lock");
    {
      await using first = await Lock.take(file, "x");
      expect(first).toBeDefined();
      await expect(Lock.take(file, "x")).rejects.toThrow(/another run \(process \d+\) is writing x/);
    }
    await using second = await Lock.take(file, "x");
    expect(second).toBeDefined();
  });

  it("is never held by two, however many try", async () => {
    const file = path.join(folder, "z.lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    await writeFile(file, JSON.stringify({ pid: child.pid, started: "1" }));
    let holders = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 24 }, async () => {
        while (turns < 300) {
          const lock = await Lock.take(file, "z").catch(() => undefined);
          if (lock === undefined) continue;
          expect(++holders).toBe(1);
          turns++;
          await new Promise((resolve) => setImmediate(resolve));
          holders--;
          await lock[Symbol.asyncDispose]();
        }
      }),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken over from a process that is gone, or whose number another process has now", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    for (const owner of [{ pid: child.pid, started: "1" }, { pid: process.pid, started: "1" }, "torn{"]) {
      const file = path.join(folder, "y.lock");
      await writeFile(file, typeof owner === "string" ? owner : JSON.stringify(owner));
      await using lock = await Lock.take(file, "y");
      expect(lock).toBeDefined();
    }
  });
});

describe("names", () => {
  it("gives two sources with one stem different names, always the same", async () => {
    const give = async () => {
      const names = new NameGiver(() => Promise.resolve(undefined));
      return [
        await names.nameFor("report", "a/report.txt"),
        await names.nameFor("report", "a/report.html"),
        await names.nameFor("report", "b/report.html"),
        await names.nameFor("Report", "a/Report.md"),
        await names.nameFor("report", "a/report.txt"),
      ];
    };
    expect(await give()).toEqual(["report", "report_html", "report_html-2", "Report_md", "report"]);
    expect(await give()).toEqual(await give());
  });

  it("does not take a name that another source's output has", async () => {
    const names = new NameGiver((name) =>
      Promise.resolve(name === "report" ? { source: "other/report.txt" } : undefined),
    );
    expect(await names.nameFor("report", "report.txt")).toBe("report_txt");
    expect(await names.nameFor("report", "other/report.txt")).toBe("report");
  });

  it("takes the stem of any name", () => {
    expect(["a/b.txt", "x.lance/", ".hidden", "a.tar.gz", "Übung 1.pdf"].map(stemOf)).toEqual([
      "b",
      "x",
      ".hidden",
      "a.tar",
      "Übung 1",
    ]);
  });

  it("records paths without the names of folders above", () => {
    expect(recordedPath(path.join(process.cwd(), "docs", "a.txt"))).toBe(path.join("docs", "a.txt"));
    expect(recordedPath("/elsewhere/a.txt")).toBe("/elsewhere/a.txt");
  });
});
