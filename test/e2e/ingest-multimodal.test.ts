/** Pictures: in the dataset with their page and place, read by other programs, and read back with each text once. */
import path from "node:path";
import { connect } from "@lancedb/lancedb";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { zipOf } from "../fixtures/documents/archives.js";
import { quern, root } from "../support/command.js";
import { hasSharedDocuments, sharedDocuments, skipLoudly } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { library, readDataset } from "../support/library.js";

/** A PDF of two pages of text: on the first two pictures, on the second none. */
function pdfWithPictures(): Uint8Array {
  const side = 96;
  const picture = (shade: number) =>
    Buffer.from(Array.from({ length: side * side * 3 }, (_, i) => (shade + (i % side) * 2) % 256));
  const page = (content: string) => `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  const words = (text: string) => `BT /F1 12 Tf 50 740 Td (${text}) Tj ET`;
  const draw = "q 200 0 0 200 50 450 cm /A Do Q q 200 0 0 200 300 450 cm /B Do Q";
  const image = (shade: number): Buffer =>
    Buffer.concat([
      Buffer.from(
        `<< /Type /XObject /Subtype /Image /Width ${side} /Height ${side} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Length ${side * side * 3} >>\nstream\n`,
      ),
      picture(shade),
      Buffer.from("\nendstream"),
    ]);
  const resources = "/Resources << /Font << /F1 3 0 R >> /XObject << /A 8 0 R /B 9 0 R >> >>";
  const bodies: (string | Buffer)[] = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R 5 0 R] /Count 2 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R ${resources} >>`,
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R ${resources} >>`,
    page(`${words("The mill has two wheels, as the pictures show.")}\n${draw}`),
    page(words("The river is not shown in any picture.")),
    image(10),
    image(90),
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const offsets: number[] = [];
  let position = parts[0]!.length;
  for (const [index, body] of bodies.entries()) {
    const object = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(body as Buffer),
      Buffer.from("\nendobj\n"),
    ]);
    offsets.push(position);
    position += object.length;
    parts.push(object);
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${position}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

interface Row {
  text: string | null;
  image: Uint8Array | null;
  image_media_type: string | null;
  page: number;
}

async function rowsOf(folder: string): Promise<Row[]> {
  const table = await (await connect(path.dirname(folder))).openTable(path.basename(folder, ".lance"));
  return ((await table.query().toArray()) as Row[]).map((row) => ({ ...row }));
}

describe("ingest --multimodal", () => {
  it("has a row for each picture, with its page, and one for a page without", async () => {
    const cwd = await folderWith({ "mill.pdf": pdfWithPictures() });
    const { stderr, exitCode } = await quern(["ingest", "mill.pdf", "--multimodal"], { cwd });
    expect(exitCode, stderr).toBe(0);
    const rows = await rowsOf(path.join(cwd, "data/parsed/mill.lance"));
    expect(rows.map(({ page, image }) => [page, image !== null])).toEqual([
      [1, true],
      [1, true],
      [2, false],
    ]);
    for (const { text, image, image_media_type } of rows) {
      expect(typeof text).toBe("string");
      if (image !== null) expect(image_media_type).toMatch(/^image\/(png|jpeg)$/);
    }
    expect(Buffer.from(rows[0]!.image!).equals(Buffer.from(rows[1]!.image!))).toBe(false);
    const document = await readDataset(cwd, "data/parsed/mill.lance");
    expect(document.text.match(/two wheels/g)).toHaveLength(1);
    expect(document.text.match(/river/g)).toHaveLength(1);
    expect(document.images?.map(({ page }) => page)).toEqual([1, 1]);
    expect(document.sections.map(({ page }) => page)).toEqual([1, 2]);
  });

  it("gives the same text as without, and chunks get the pictures in their span", async () => {
    const cwd = await folderWith({ "mill.pdf": pdfWithPictures() });
    await quern(["ingest", "mill.pdf", "--multimodal", "-o", "with"], { cwd });
    await quern(["ingest", "mill.pdf", "-o", "without"], { cwd });
    const document = await readDataset(cwd, "with/mill.lance");
    const plain = await readDataset(cwd, "without/mill.lance");
    expect(document.text).toBe(plain.text);
    expect(document.sections).toEqual(plain.sections);
    expect(plain.images).toBeUndefined();
    const countTokens = (texts: readonly string[]) => Promise.resolve(texts.map((text) => text.length));
    const settings = { size: 60, overlap: 0, unit: "characters" as const, countTokens };
    const chunks = await library.chunkDocument(document, settings);
    expect(chunks.map(({ images }) => images?.length ?? 0)).toEqual([2, 0]);
  });

  it("warns of formats without pictures, and reads them all the same; in archives too", async () => {
    const cwd = await folderWith({
      "docs/a.txt": "The mill grinds rye.",
      "docs/b.zip": zipOf([{ name: "mill.pdf", data: pdfWithPictures(), deflate: true }]),
    });
    const { stderr, exitCode } = await quern(["ingest", "docs", "--multimodal"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("docs/a.txt: no pictures are read");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance", "mill.lance"]);
    expect((await rowsOf(path.join(cwd, "data/parsed/mill.lance"))).filter(({ image }) => image !== null)).toHaveLength(
      2,
    );
  });

  it("is read by the library of Lance for Python", async (test) => {
    const python = path.join(root, ".venv/bin/python");
    const probe = await execa(python, ["-c", "import lance"], { reject: false });
    if (probe.exitCode !== 0) {
      skipLoudly("datasets with pictures in Python: pylance is not installed (test/python/install.sh)");
      test.skip();
    }
    const cwd = await folderWith({ "mill.pdf": pdfWithPictures() });
    await quern(["ingest", "mill.pdf", "--multimodal"], { cwd });
    const code = `
import json, lance
rows = lance.dataset("data/parsed/mill.lance").to_table().to_pylist()
print(json.dumps([[r["text"] is not None, len(r["image"] or b""), r["image_media_type"], r["page"]] for r in rows]))`;
    const { stdout } = await execa(python, ["-c", code], { cwd });
    const rows = JSON.parse(stdout) as [boolean, number, string | null, number][];
    expect(rows.map(([hasText, bytes, , page]) => [hasText, bytes > 100, page])).toEqual([
      [true, true, 1],
      [true, true, 1],
      [true, false, 2],
    ]);
  });

  it.skipIf(!hasSharedDocuments())("takes the pictures of real documents", async () => {
    const cwd = await folderWith();
    const files = ["slides.pptx", "research-paper.docx", "with-image.pdf"];
    const { stderr, exitCode } = await quern(
      ["ingest", ...files.map((name) => path.join(sharedDocuments, name)), "--multimodal"],
      { cwd },
    );
    expect(exitCode, stderr).toBe(0);
    for (const name of files) {
      const rows = await rowsOf(path.join(cwd, "data/parsed", `${path.parse(name).name}.lance`));
      expect(rows.filter(({ image }) => image !== null).length, name).toBeGreaterThan(0);
      expect(
        rows.every(({ text }) => typeof text === "string"),
        name,
      ).toBe(true);
    }
  });
});
