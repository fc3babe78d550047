import { InputError, messageOf } from "../../../errors.js";
import type { DocumentParser, ParseOptions } from "../parser.js";
import { type Composed, compose } from "./compose.js";
import { findBadParts, withoutParts } from "./damage.js";
import { bufferOf, damagedPdf, openPdf, refuseOther } from "./open.js";
import { readOutline } from "./outline.js";
import { PictureTaker, placePictures } from "./pictures.js";
import { RawObjects } from "./raw-jpeg.js";
import { mayBeScan, Scanner } from "./scan.js";
import { languageFolder } from "../ocr/languages.js";
import { type Page, readPage } from "./page.js";
import { cutPages, type Findings, warningsOf } from "./warnings.js";

/** PDF with text in it: one section per page; columns, paragraphs and tables are found by the places of the words. */
export const pdfParser: DocumentParser = {
  name: "pdf",
  extensions: [".pdf"],
  mediaTypes: ["application/pdf"],
  parse: async (file, { path }, options) => {
    refuseOther(file, path);
    // Before any work, so that a language that is not installed is known at once.
    if (options.ocr) options.ocrLanguages.forEach(languageFolder);
    const { damaged, oversized } = findBadParts(bufferOf(file));
    const bytes = withoutParts(file, oversized);
    const findings: Findings = {
      damaged: [],
      unmapped: [],
      recognised: [],
      unreadable: [],
      damagedParts: damaged,
      oversizedParts: oversized.length,
      pages: [],
      languages: options.ocrLanguages,
    };
    const taker = options.images ? new PictureTaker(new RawObjects(bufferOf(bytes))) : undefined;
    const composed = await readPages(bytes, path, options, findings, taker);
    refuseTextless(composed, findings, path, options.ocr);
    const { text, sections, pages } = composed;
    return {
      text,
      sections,
      mediaType: "application/pdf",
      warnings: warningsOf(composed, findings, taker?.problems),
      ...(taker ? { images: placePictures(taker.pictures, pages) } : {}),
    };
  },
};

/** How many pages are drawn ahead of those that are being recognised: each takes some ten megabytes. */
const drawnAhead = 8;

/** Reads all pages, one after the other: only their lines stay in memory. */
async function readPages(
  bytes: Uint8Array,
  path: string,
  options: ParseOptions,
  findings: Findings,
  taker?: PictureTaker,
): Promise<Composed> {
  const document = await openPdf(bytes, path, options.images).catch((cause: unknown) => {
    throw findings.oversizedParts > 0 ? oversizedPdf(path, cause) : cause;
  });
  await using scanner = new Scanner(bytes, path, options.ocrLanguages);
  const { pages } = findings;
  const reading: Promise<void>[] = [];
  const fail = (number: number, cause: unknown): void => {
    findings.damaged.push(number);
    findings.cause ??= cause;
    pages[number - 1] = emptyPage(number);
  };
  try {
    for (let number = 1; number <= document.numPages; number++) {
      try {
        const page = await readPage(document, number, taker && ((one, content) => taker.take(one, content.placements)));
        pages.push(page);
        const scan = options.ocr && mayBeScan(page) ? await scanner.begin(page) : undefined;
        if (scan) {
          const done = scan().then(
            ({ page: read, confidence }) => {
              pages[number - 1] = read;
              findings.recognised.push({ number, confidence });
            },
            (cause: unknown) => {
              findings.unreadable.push({ number, reason: messageOf(cause) });
            },
          );
          reading.push(done);
          if (reading.length >= drawnAhead) await reading.shift();
        } else if (page.unmapped) {
          findings.unmapped.push(number);
          pages[number - 1] = withoutText(page);
        }
      } catch (cause) {
        fail(number, cause);
      }
    }
    await Promise.all(reading);
    return compose(pages, await readOutline(document));
  } finally {
    await Promise.all(reading);
    await document.loadingTask.destroy();
  }
}

function oversizedPdf(path: string, cause: unknown): InputError {
  return new InputError(`${path}: its text is in parts that unpack to more than 128 MB each, which no text needs`, {
    cause,
    remedy: "Print it to a new PDF, if it is from a source you trust.",
  });
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

function refuseTextless({ text }: Composed, findings: Findings, path: string, ocr: boolean): void {
  const { damaged, unmapped, damagedParts, cause, pages } = findings;
  if (text !== "") return;
  const [cut] = cutPages(pages);
  if (cut) {
    throw new InputError(`${path}: no text before the point up to which its pages are read: ${cut[0]}`, {
      remedy: "Print it to a new PDF, which leaves out what does not belong to its text.",
    });
  }
  if (findings.oversizedParts > 0) throw oversizedPdf(path, cause);
  if (damaged.length > 0 || damagedParts > 0) throw damagedPdf(path, cause ?? "its text cannot be unpacked");
  if (unmapped.length > 0) {
    throw new InputError(`${path}: its fonts do not say which characters they show, so its text cannot be read`, {
      remedy: "Read it by character recognition with --ocr.",
    });
  }
  const count = pages.length === 1 ? "1 page" : `${pages.length} pages`;
  if (ocr) {
    throw new InputError(`${path}: ${count}, no text: character recognition found none in its pictures, either`, {
      remedy: "Check that the language is right (--ocr-language), and that the pages are not empty.",
    });
  }
  throw new InputError(`${path}: ${count}, no text: it is a scan`, {
    remedy: "Read it by character recognition with --ocr.",
  });
}
