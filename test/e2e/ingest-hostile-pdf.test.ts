/** PDFs made to do harm, beside good ones, in threads of the built command. */
import { constants, deflateRawSync } from "node:zlib";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { makePdf, show } from "../fixtures/documents/build.js";
import { quern } from "../support/command.js";
import { expectError } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { library } from "../support/library.js";

const page = show("The mill was built in 1820 and grinds rye to this day.", 50, 700);

/** A page whose content is a gigabyte of operators that do nothing, packed to a megabyte. */
function bomb(): Buffer {
  const packed = deflateRawSync("q Q ".repeat(2 ** 18), { finishFlush: constants.Z_FULL_FLUSH });
  const parts = [Buffer.from([0x78, 0x9c]), ...Array.from({ length: 1024 }, () => packed), Buffer.from([0x03, 0x00])];
  const data = Buffer.concat(parts);
  const object = Buffer.concat([
    Buffer.from(`<</Length ${data.length}/Filter/FlateDecode>>stream\n`),
    data,
    Buffer.from("\nendstream"),
  ]);
  const pdf = Buffer.from(makePdf([""], { objects: [object] })).toString("latin1");
  return Buffer.from(pdf.replace("/Contents 6 0 R", "/Contents 4 0 R"), "latin1");
}

async function textOf(cwd: string, name: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of library.readDocuments(path.join(cwd, "data/parsed", name))) texts.push(text);
  return texts;
}

describe("a folder with a PDF made to do harm", () => {
  it("that unpacks to a gigabyte: it is named, the good one is done", async () => {
    // Large enough to be given to a thread.
    const good = makePdf([page], { objects: [`(${"x".repeat(1_000_000)})`] });
    const cwd = await folderWith({
      "docs/bomb.pdf": bomb(),
      "docs/good.pdf": good,
      "c.yaml": "ingest: {workers: 2}\n",
    });
    const result = await quern(["-c", "c.yaml", "ingest", "docs"], { cwd });
    expectError(result, 3, "docs/bomb.pdf: its text is in parts that unpack to more than 128 MB each");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["good.lance"]);
    expect(await textOf(cwd, "good.lance")).toEqual(["The mill was built in 1820 and grinds rye to this day."]);
  });

  it("that saves state without end: its pages are read, and what is left out is said", async () => {
    const endless = makePdf([page + "q ".repeat(1_000_000), page]);
    const cwd = await folderWith({ "docs/endless.pdf": endless, "docs/good.pdf": makePdf([page]) });
    const { exitCode, stderr } = await quern(["ingest", "docs"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("saves more than 5,000 graphics states");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["endless.lance", "good.lance"]);
    expect((await textOf(cwd, "endless.lance"))[0]).toMatch(/^The mill was built.*\n\nThe mill was built/);
  });
});
