import { InputError } from "../../../errors.js";
import type { DocumentParser, ParseOptions } from "../parser.js";
import { type Composed, compose } from "./compose.js";
import { countDamagedParts } from "./damage.js";
import { bufferOf, damagedPdf, openPdf, refuseOther } from "./open.js";
import { readOutline } from "./outline.js";
import { type Page, readPage } from "./page.js";
import { type Findings, warningsOf } from "./warnings.js";

/** PDF with text in it: one section per page; columns, paragraphs and tables are found by the places of the words. */
export const pdfParser: DocumentParser = {
  name: "pdf",
  extensions: [".pdf"],
  mediaTypes: ["application/pdf"],
  parse: async (bytes, { path }, options) => {
    refuseOther(bytes, path);
    const findings: Findings = {
      damaged: [],
      unmapped: [],
      damagedParts: countDamagedParts(bufferOf(bytes)),
      pages: [],
    };
    const composed = await readPages(bytes, path, options, findings);
    refuseTextless(composed, findings, path);
    const { text, sections } = composed;
    return { text, sections, mediaType: "application/pdf", warnings: warningsOf(composed, findings) };
  },
};

/** Reads all pages, one after the other: only their lines stay in memory. */
async function readPages(
  bytes: Uint8Array,
  path: string,
  options: ParseOptions,
  findings: Findings,
): Promise<Composed> {
  const document = await openPdf(bytes, path, options.images);
  const { pages } = findings;
  try {
    for (let number = 1; number <= document.numPages; number++) {
      try {
        const page = await readPage(document, number);
        if (page.unmapped) findings.unmapped.push(number);
        pages.push(page.unmapped ? withoutText(page) : page);
      } catch (cause) {
        findings.damaged.push(number);
        findings.cause ??= cause;
        pages.push(emptyPage(number));
      }
    }
    return compose(pages, await readOutline(document));
  } finally {
    await document.loadingTask.destroy();
  }
}

const withoutText = (page: Page): Page => ({ ...page, regions: [], turned: [], slanted: "" });

function emptyPage(number: number): Page {
  return {
    number,
    width: 0,
    height: 0,
    regions: [],
    turned: [],
    slanted: "",
    placements: [],
    unmapped: false,
    unknown: 0,
    outside: 0,
  };
}

function refuseTextless(
  { text }: Composed,
  { damaged, unmapped, damagedParts, cause, pages }: Findings,
  path: string,
): void {
  if (text !== "") return;
  if (damaged.length > 0 || damagedParts > 0) throw damagedPdf(path, cause ?? "its text cannot be unpacked");
  if (unmapped.length > 0) {
    throw new InputError(`${path}: its fonts do not say which characters they show, so its text cannot be read`, {
      remedy: "Read it by character recognition with --ocr.",
    });
  }
  const count = pages.length === 1 ? "1 page" : `${pages.length} pages`;
  throw new InputError(`${path}: ${count}, no text: it is a scan`, {
    remedy: "Read it by character recognition with --ocr.",
  });
}
