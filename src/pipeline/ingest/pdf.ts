import { InputError } from "../../errors.js";
import type { Section } from "../document.js";
import type { DocumentParser } from "./parser.js";
import { countDamagedParts } from "./pdf-damage.js";
import { damagedPdf, openPdf } from "./pdf-open.js";
import { readPage } from "./pdf-page.js";

/** PDF with text in it: one section per page; columns and paragraphs are found by the positions of the words. */
export const pdfParser: DocumentParser = {
  name: "pdf",
  extensions: [".pdf"],
  mediaTypes: ["application/pdf"],
  parse: async (bytes, { path }) => {
    refuseOther(bytes, path);
    const pages = await readPages(bytes, path);
    refuseTextless(pages, path);
    return { ...joinPages(pages.texts), mediaType: "application/pdf", warnings: warningsOf(pages) };
  },
};

interface Pages {
  /** One per page; empty where a page has no text. */
  texts: string[];
  /** Numbers of the pages that could not be read. */
  damaged: number[];
  /** Numbers of the pages whose fonts do not say which characters they show. */
  unmapped: number[];
  /** Places where the file is damaged; it cannot be told which page they belong to. */
  damagedParts: number;
  /** Why the first page that could not be read could not. */
  cause?: unknown;
}

/** Refuses what is no PDF, and a PDF that ends early: a reader might open it and leave out what is lost. */
function refuseOther(bytes: Uint8Array, path: string): void {
  const file = bufferOf(bytes);
  if (!file.subarray(0, 1024).includes("%PDF-")) {
    throw new InputError(`${path}: it is not a PDF: its first bytes are not those of one`, {
      remedy: "Give it the extension of its real format, or get the file again.",
    });
  }
  const tail = file.subarray(-2048);
  const length = /\/Linearized\b[^>]*\/L\s+(\d+)/.exec(file.subarray(0, 2048).toString("latin1"))?.[1];
  const complete = tail.includes("%%EOF") || tail.includes("startxref");
  if (!complete || (length !== undefined && Number(length) > file.length)) {
    throw new InputError(`${path}: the PDF is cut short: its end is missing`, {
      remedy: "Get the file again, or repair what is left of it (for example with qpdf or mutool clean).",
    });
  }
}

/** Reads all pages, one after the other: only their text stays in memory. */
async function readPages(bytes: Uint8Array, path: string): Promise<Pages> {
  const damagedParts = countDamagedParts(bufferOf(bytes));
  const pages: Pages = { texts: [], damaged: [], unmapped: [], damagedParts };
  const document = await openPdf(bytes, path);
  try {
    for (let number = 1; number <= document.numPages; number++) {
      try {
        const page = await readPage(document, number);
        if (page.unmapped) pages.unmapped.push(number);
        pages.texts.push(page.unmapped ? "" : page.text);
      } catch (cause) {
        pages.texts.push("");
        pages.damaged.push(number);
        pages.cause ??= cause;
      }
    }
  } finally {
    await document.loadingTask.destroy();
  }
  return pages;
}

function refuseTextless({ texts, damaged, unmapped, damagedParts, cause }: Pages, path: string): void {
  if (texts.some((text) => text !== "")) return;
  if (damaged.length > 0 || damagedParts > 0) throw damagedPdf(path, cause ?? "its text cannot be unpacked");
  if (unmapped.length > 0) {
    throw new InputError(`${path}: its fonts do not say which characters they show, so its text cannot be read`, {
      remedy: "Run OCR on it first, over the text that it has (for example ocrmypdf --force-ocr in.pdf out.pdf).",
    });
  }
  throw new InputError(`${path}: ${count(texts.length, "page")}, no text: it is a scan`, {
    remedy: "Run OCR on it first (for example ocrmypdf in.pdf out.pdf).",
  });
}

function joinPages(texts: readonly string[]): { text: string; sections: Section[] } {
  const sections: Section[] = [];
  let text = "";
  for (const [index, page] of texts.entries()) {
    if (page === "") continue;
    const last = sections.at(-1);
    // The empty line between two pages belongs to the first of them.
    if (last) last.end = (text += "\n\n").length;
    sections.push({ start: text.length, end: text.length + page.length, page: index + 1 });
    text += page;
  }
  return { text, sections };
}

function warningsOf({ texts, damaged, unmapped, damagedParts }: Pages): string[] {
  const known = new Set([...damaged, ...unmapped]);
  const empty = texts.flatMap((text, index) => (text === "" && !known.has(index + 1) ? [index + 1] : []));
  const share = (numbers: readonly number[]): string => `${numbers.length} of ${count(texts.length, "page")}`;
  const warnings: string[] = [];
  if (empty.length > 0) {
    warnings.push(`${share(empty)} ${empty.length === 1 ? "has" : "have"} no text: ${listOf(empty)}`);
  }
  if (damaged.length > 0) {
    warnings.push(`${share(damaged)} could not be read, the file is damaged: ${listOf(damaged)}`);
  }
  if (unmapped.length > 0) {
    warnings.push(
      `${share(unmapped)} left out, their fonts do not say which characters they show: ${listOf(unmapped)}`,
    );
  }
  if (damagedParts > 0) {
    warnings.push(`the file is damaged in ${count(damagedParts, "place")}: text may be missing`);
  }
  return warnings;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Page numbers, the first of them when there are many. */
function listOf(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 20).join(", ");
  return numbers.length > 20 ? `${shown}, …` : shown;
}
