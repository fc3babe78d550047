import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type PackedFile, tarOf, type TarredFile, zipOf } from "../../../../test/fixtures/documents/archives.js";
import { InputError } from "../../../errors.js";
import { Reader } from "../read.js";
import { defaultSettings } from "../settings.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
});

interface Read {
  /** Text by the name within the archive. */
  texts: Record<string, string>;
  /** Reasons by the name. */
  refused: Record<string, string>;
  notes: string[];
}

async function read(name: string, bytes: Uint8Array, settings: Partial<typeof defaultSettings> = {}): Promise<Read> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  const result: Read = { texts: {}, refused: {}, notes: [] };
  await using reader = new Reader({ settings: { ...defaultSettings, workers: 0, ...settings } });
  const within = (where: string) => where.slice(file.length + 1);
  const said = (where: string, error: unknown) => {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).remedy).toBeTruthy();
    result.refused[within(where)] = (error as InputError).message.replace(where, "").replace(/^: /, "");
  };
  for await (const item of reader.items(file)) {
    if (item.kind === "note") result.notes.push(item.text);
    else if (item.kind === "refused") said(item.path, item.error);
    else {
      const shown = item.kind === "file" ? item.source.path : item.path;
      try {
        const { documents } = await reader.open(item);
        for await (const { document } of documents) result.texts[within(document.source)] = document.text;
      } catch (error) {
        said(shown, error);
      }
      // Unpacked one by one: nothing stays of what has been read.
      if (item.kind === "file" && item.release !== undefined) expect(existsSync(item.source.file)).toBe(false);
    }
  }
  await rm(file);
  // Whatever it holds, nothing is written beside it.
  expect(await readdir(folder)).toEqual([]);
  return result;
}

const text = "The mill grinds rye.";

describe("a zip archive", () => {
  it("gives its members as documents, in their order, and tells what it leaves out", async () => {
    const { texts, refused, notes } = await read(
      "docs.zip",
      zipOf([
        { name: "sub/", data: "" },
        { name: "sub/b.txt", data: text, deflate: true },
        { name: "a.md", data: "# A\n\nwater" },
        { name: "picture.png", data: "x" },
        { name: "LICENSE", data: "x" },
        { name: ".hidden.txt", data: "x" },
        { name: "__MACOSX/a.txt", data: "x" },
      ]),
    );
    expect(texts).toEqual({ "sub/b.txt": text, "a.md": "# A\n\nwater" });
    expect(refused).toEqual({});
    expect(notes).toEqual(["4 files of other kinds in it are left out (1 .png, 2 hidden, 1 no extension)"]);
  });

  const hostile: [what: string, file: PackedFile, reason: string][] = [
    ["a name that leads out", { name: "../../evil.txt", data: text }, "its name leads out"],
    ["a name that leads out the other way", { name: "..\\evil.txt", data: text }, "its name leads out"],
    ["an absolute name", { name: "/etc/evil.txt", data: text }, "its name leads out"],
    ["a drive in the name", { name: "C:\\evil.txt", data: text }, "its name leads out"],
    ["NUL in the name", { name: "a\0b.txt", data: text }, "its name leads out"],
    ["a password", { name: "secret.txt", data: text, encrypted: true }, "protected by a password"],
    ["a link", { name: "link.txt", data: "/etc/passwd", mode: 0o120777 }, "a link and not a file"],
    ["another method", { name: "odd.txt", data: text, method: 14 }, "a method that is not read (number 14)"],
    ["a wrong checksum", { name: "bad.txt", data: text, checksum: 1 }, "its checksum does not match"],
    ["more than it says", { name: "more.txt", data: text.repeat(9), deflate: true, size: 3 }, "more than the 3 bytes"],
    ["less than it says", { name: "less.txt", data: text, size: 25 }, "5 bytes are missing"],
    ["nothing", { name: "empty.txt", data: "" }, "it is empty"],
    ["NUL characters", { name: "nul.txt", data: "\0".repeat(300) }, "binary data"],
    ["a format by name only", { name: "fake.pdf", data: text }, "not a PDF"],
  ];

  it.each(hostile)("refuses a member with %s, and reads on", async (_, file, reason) => {
    const { texts, refused } = await read("h.zip", zipOf([file, { name: "good.txt", data: text }]));
    expect(texts).toEqual({ "good.txt": text });
    expect(Object.values(refused)).toEqual([expect.stringContaining(reason)]);
  });

  it("gives both of two members with one name", async () => {
    const { texts } = await read("d.zip", zipOf([1, 2, 3].map((n) => ({ name: "a.txt", data: `${text} ${n}` }))));
    expect(texts).toEqual({ "a.txt": `${text} 1`, "a (2).txt": `${text} 2`, "a (3).txt": `${text} 3` });
  });

  it("reads names in UTF-8 without the flag, and in code page 437", async () => {
    const names = [Buffer.from("Übung 日本.txt"), Buffer.from([0x81, 0x62, 0x2e, 0x74, 0x78, 0x74])];
    const { texts } = await read("n.zip", zipOf(names.map((name) => ({ name, data: text }))));
    expect(Object.keys(texts)).toEqual(["Übung 日本.txt", "üb.txt"]);
  });

  it("stops a bomb at its ratio, and at what all may unpack to", async () => {
    const zeros = "a ".repeat(12_000_000);
    const bomb: PackedFile = { name: "bomb.txt", data: zeros, deflate: true };
    const ratio = await read("r.zip", zipOf([bomb, { name: "good.txt", data: text }]), { max_ratio: 100 });
    expect(ratio.refused).toEqual({ "bomb.txt": "it unpacks to more than 100 times its size" });
    expect(ratio.texts).toEqual({ "good.txt": text });
    // What it says of its size is not believed.
    const lies = await read("l.zip", zipOf([{ ...bomb, size: 10 }]), { max_ratio: 100 });
    expect(Object.values(lies.refused)[0]).toMatch(/damaged or cut short|times its size/);
    const small = { max_expanded: 1, max_ratio: 1e6 };
    const total = await read("t.zip", zipOf([bomb, { name: "good.txt", data: text }]), small);
    expect(total.refused["bomb.txt"]).toContain("more than is left of what the archive may unpack to");
    expect(total.texts).toEqual({ "good.txt": text });
    const many = Array.from({ length: 6 }, (_, n) => ({ name: `${n}.txt`, data: "word ".repeat(60_000) }));
    const sum = await read("s.zip", zipOf(many), small);
    expect(Object.keys(sum.texts)).toEqual(["0.txt", "1.txt", "2.txt"]);
  });

  it("stops at too many members", async () => {
    const files = Array.from({ length: 9 }, (_, n) => ({ name: `${n}.txt`, data: text }));
    const { texts, refused } = await read("m.zip", zipOf(files), { max_members: 4 });
    expect(Object.keys(texts)).toHaveLength(4);
    expect(Object.values(refused)).toEqual(["it holds more than 4 files: the rest is left out"]);
  });

  it("looks into archives in it, so deep and no deeper", async () => {
    const within = (name: string, inner: Uint8Array) => zipOf([{ name, data: inner }]);
    const deep = within("2.zip", within("3.zip", zipOf([{ name: "a.txt", data: text }])));
    expect((await read("1.zip", deep)).texts).toEqual({ "2.zip/3.zip/a.txt": text });
    const { texts, refused } = await read("1.zip", deep, { max_depth: 1 });
    expect(texts).toEqual({});
    expect(refused).toEqual({ "2.zip/3.zip": "it is an archive in 2 archives, and is not read" });
  });

  it("counts archives in it against the same limits", async () => {
    const files = Array.from({ length: 4 }, (_, n) => ({ name: `${n}.txt`, data: text }));
    const outer = zipOf([
      { name: "a.zip", data: zipOf(files) },
      { name: "b.zip", data: zipOf(files) },
    ]);
    const { texts } = await read("o.zip", outer, { max_members: 7 });
    expect(Object.keys(texts)).toHaveLength(5);
  });

  it("that is cut, empty or none is refused whole", async () => {
    const whole = zipOf([{ name: "a.txt", data: text }]);
    expect((await read("c.zip", whole.subarray(0, -10))).refused[""]).toContain("damaged or cut short");
    expect((await read("e.zip", zipOf([]))).refused[""]).toContain("there is no document in it");
    expect((await read("p.zip", zipOf([{ name: "a.png", data: "x" }]))).refused[""]).toContain("there is no document");
    expect((await read("f.zip", Buffer.from(text))).refused[""]).toContain("it is not an archive");
    expect((await read("0.zip", Buffer.alloc(0))).refused[""]).toContain("it is not an archive");
  });

  it("never ends in anything but a refusal, wherever its bytes are wrong", async () => {
    const whole = zipOf([
      { name: "a.txt", data: text, deflate: true },
      { name: "b.tar.gz", data: gzipSync(tarOf([{ name: "c.txt", data: text }])) },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, length) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        const { texts, refused } = await read("x.zip", bytes.subarray(0, Math.max(length, at + 1)));
        expect(Object.keys(texts).length + Object.keys(refused).length).toBeGreaterThan(0);
      }),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe("a tar archive", () => {
  const files: TarredFile[] = [
    { name: "d/", type: "5" },
    { name: "d/a.txt", data: text },
    { name: "d/long.md", data: `# Long\n\n${"word ".repeat(40_000)}end` },
    { name: "d/x.bin", data: "x".repeat(3000) },
    { name: "d/b.txt", data: `${text} b` },
  ];

  it.each([
    ["plain", "t.tar", (bytes: Buffer) => bytes],
    ["packed", "t.tar.gz", gzipSync],
    ["packed, by its short name", "t.tgz", gzipSync],
    ["packed, by a wrong name", "t.gz", gzipSync],
  ])("%s", async (_, name, pack) => {
    const { texts, refused, notes } = await read(name, pack(tarOf(files)));
    expect(Object.keys(texts)).toEqual(["d/a.txt", "d/long.md", "d/b.txt"]);
    expect(texts["d/long.md"]).toMatch(/end$/);
    expect(refused).toEqual({});
    expect(notes).toHaveLength(1);
  });

  it("refuses links, devices and names that lead out, and reads on", async () => {
    const { texts, refused } = await read(
      "h.tar",
      tarOf([
        { name: "link.txt", type: "2", link: "/etc/passwd" },
        { name: "hard.txt", type: "1", link: "../x" },
        { name: "device.txt", type: "3" },
        { name: "../up.txt", data: text },
        { name: "/abs.txt", data: text },
        { name: "good.txt", data: text },
      ]),
    );
    expect(texts).toEqual({ "good.txt": text });
    expect(Object.keys(refused)).toHaveLength(5);
  });

  it("that is cut gives what is whole, and says so", async () => {
    const bytes = tarOf(files);
    const { texts, refused } = await read("c.tar", bytes.subarray(0, 512 * 6));
    expect(Object.keys(texts)).toEqual(["d/a.txt"]);
    expect(Object.values(refused).join()).toContain("damaged or cut short");
    const packed = gzipSync(bytes);
    const cut = await read("c.tar.gz", packed.subarray(0, packed.length - 20));
    expect(Object.values(cut.refused).join()).toContain("damaged or cut short");
    expect(cut.texts["d/a.txt"]).toBe(text);
  });

  it("never ends in anything but a refusal, wherever its bytes are wrong", async () => {
    const whole = tarOf(files.filter(({ name }) => name !== "d/long.md"));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, length) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        await read("x.tar", bytes.subarray(0, Math.max(length, at + 1)));
      }),
      { seed: 8, numRuns: 150 },
    );
  });
});

describe("bzip2", () => {
  /** Made by the program itself; it cannot be packed here. */
  const packed = {
    text: "QlpoMTFBWSZTWXFxJwoAAAYTiMABBAAG5xhgABAACCAASI/VKGjQ09EKGmmAC6zCWbRh4yu7fKeqWSpspqMaRF0sF3JFOFCQcXEnCg==",
    blocks:
      "QlpoMTFBWSZTWfFLiycAYaMBADAAIAAwgCkZQlBaoSguYoKyTKay890jdAA6oiIBCABwAAAQQACgzQBSpibsEkrNgklbcIXYCF8XckU4UJCbeYf1",
  };
  const bytesOf = (name: keyof typeof packed) => Buffer.from(packed[name], "base64");
  const content = `${"The mill grinds rye.".repeat(3)}${"x".repeat(700)}`;

  it("is unpacked: runs, several blocks, streams behind each other", async () => {
    expect((await read("a.txt.bz2", bytesOf("text"))).texts).toEqual({ "": content });
    const blocks = "ab".repeat(65_000) + "c".repeat(100_000);
    const two = Buffer.concat([bytesOf("blocks"), bytesOf("text")]);
    expect((await read("a.txt.bz2", two)).texts).toEqual({ "": blocks + content });
  });

  it("is refused wherever a byte of it is wrong or missing", async () => {
    const whole = bytesOf("text");
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const bytes = Buffer.from(whole);
          bytes[at]! ^= flip;
          const { texts, refused } = await read("a.txt.bz2", cut ? whole.subarray(0, at) : bytes);
          // Bits behind the end of the last block fill a byte and mean nothing.
          if (Object.keys(texts).length > 0) expect(texts).toEqual({ "": content });
          else expect(Object.keys(refused)).toHaveLength(1);
        },
      ),
      { seed: 9, numRuns: 200 },
    );
  });
});

describe("a packed file", () => {
  it("is read under its name without the ending", async () => {
    expect((await read("a.md.gz", gzipSync("# T\n\nx"))).texts).toEqual({ "": "# T\n\nx" });
  });

  it("is refused where it is a bomb, damaged, or not a document", async () => {
    const bomb = gzipSync("a ".repeat(12_000_000));
    expect((await read("a.txt.gz", bomb, { max_ratio: 100 })).refused[""]).toContain("more than 100 times");
    const packed = gzipSync(text.repeat(50));
    expect((await read("a.txt.gz", packed.subarray(0, -9))).refused[""]).toContain("damaged or cut short");
    expect((await read("a.bin.gz", packed)).refused[""]).toContain(".bin is not supported");
  });
});
