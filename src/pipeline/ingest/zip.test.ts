import { describe, expect, it } from "vitest";
import { makeZip } from "../../../test/fixtures/documents/build.js";
import { ZipArchive } from "./zip.js";

describe("ZipArchive", () => {
  it("lists and reads entries, in any order and again", async () => {
    const zip = await ZipArchive.open(makeZip({ "a.txt": "one", "b/ü.txt": "two" }), "x.docx");
    expect(zip.entries.map(({ name, size }) => [name, size])).toEqual([
      ["a.txt", 3],
      ["b/ü.txt", 3],
    ]);
    expect((await zip.read("b/ü.txt"))?.toString()).toBe("two");
    expect((await zip.read("a.txt"))?.toString()).toBe("one");
    expect((await zip.read("a.txt"))?.toString()).toBe("one");
    expect(await zip.read("c.txt")).toBeUndefined();
    expect(zip.has("a.txt")).toBe(true);
  });

  it("refuses an entry beyond the limits, alone and summed up", async () => {
    const bytes = makeZip({ a: "12345", b: "1234567890" });
    const zip = await ZipArchive.open(bytes, "x.docx", { entries: 5, entryBytes: 8, totalBytes: 9 });
    await expect(zip.read("b")).rejects.toThrow("x.docx: b in it unpacks to more than is read");
    await zip.read("a");
    await expect(zip.read("a")).rejects.toThrow("unpacks to more");
    const many = { entries: 1, entryBytes: 8, totalBytes: 9 };
    await expect(ZipArchive.open(bytes, "x.docx", many)).rejects.toThrow("it has 2 entries");
  });

  it("refuses what is no zip archive, is cut, or whose bytes are not those that were packed", async () => {
    await expect(ZipArchive.open(Buffer.from("nothing"), "x.docx")).rejects.toThrow("x.docx: the zip archive");
    const bytes = Buffer.from(makeZip({ "a.txt": "some text that is long enough to be found" }));
    await expect(ZipArchive.open(bytes.subarray(0, -30), "x.docx")).rejects.toThrow("damaged or cut short");
    bytes[bytes.indexOf("some text")] = 0x53;
    const zip = await ZipArchive.open(bytes, "x.docx");
    await expect(zip.read("a.txt")).rejects.toThrow("the checksum of a.txt does not match");
  });
});
