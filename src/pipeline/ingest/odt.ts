import { InputError } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { type Block, blocksHtml } from "./blocks-html.js";
import { htmlLinks } from "./html-to-markdown.js";
import { escapeHtml } from "./list-html.js";
import { MarkdownWriter } from "./markdown-writer.js";
import { type SlideText, writeSlides } from "./slides.js";
import { OdtBody, type OdtContext } from "./odt-body.js";
import { OdtStyles } from "./odt-styles.js";
import { tableName } from "./odt-table.js";
import type { DocumentParser, ParseOptions, ParserSource } from "./parser.js";
import { Pictures } from "./pictures.js";
import { markdownSections } from "./sections.js";
import { child, childrenOf, descendants, readXml, readXmlParts, textOf, type XmlElement } from "./xml.js";
import { ZipArchive } from "./zip.js";

const family = "application/vnd.oasis.opendocument.";

/** OpenDocument texts: as Word documents, see `docxParser`. */
export const odtParser: DocumentParser = {
  name: "odt",
  extensions: [".odt", ".ott"],
  mediaTypes: [`${family}text`, `${family}text-template`],
  parse: (bytes, source, options) => parseOpenDocument(bytes, source, options),
};

/** OpenDocument presentations: a section for each slide, with the speaker's notes below. */
export const odpParser: DocumentParser = {
  name: "odp",
  extensions: [".odp"],
  mediaTypes: [`${family}presentation`],
  parse: (bytes, source, options) => parseOpenDocument(bytes, source, options),
};

/** OpenDocument sheets: each as a table under its name. */
export const odsParser: DocumentParser = {
  name: "ods",
  extensions: [".ods"],
  mediaTypes: [`${family}spreadsheet`],
  parse: (bytes, source, options) => parseOpenDocument(bytes, source, options),
};

async function parseOpenDocument(
  bytes: Uint8Array,
  { path }: ParserSource,
  options: ParseOptions,
): Promise<ParsedDocument> {
  const zip = await openPackage(bytes, path);
  const kind = new TextDecoder().decode((await zip.read("mimetype")) ?? new Uint8Array()).trim();
  const content = await zip.read("content.xml");
  if (content === undefined) throw notOpenDocument(path);
  const pictures = new Pictures(options.images);
  const styles = new OdtStyles();
  const shared = await zip.read("styles.xml");
  const styleParts = new Set(["office:styles", "office:automatic-styles"]);
  if (shared) {
    readXmlParts(shared, `${path}: styles.xml`, new Set(["office:styles"]), (element, container) => {
      if (container !== undefined) styles.add(element);
    });
  }
  const context: OdtContext = { styles, pictures, ...(await readObjects(zip, path, pictures)), left: new Map() };
  const body = new OdtBody(context);
  const writer = await MarkdownWriter.create(pictures, htmlLinks(options));
  const slides: SlideText[] = [];
  let waiting: Block[] = [];
  let notes: string[] = [];
  const flush = (): void => {
    writer.add(blocksHtml(waiting) + notes.join(""));
    waiting = [];
    notes = [];
  };
  const take = (element: XmlElement, container: string): void => {
    if (styleParts.has(container)) return styles.add(element);
    if (container === "office:presentation") {
      if (element.name === "draw:page") slides.push({ ...slideHtml(element, body), page: slides.length + 1 });
      return;
    }
    if (container === "office:spreadsheet" && element.name === "table:table") {
      const html = blocksHtml(body.blocks(element));
      if (html !== "") writer.add(`<h2>${escapeHtml(tableName(element))}</h2>${html}`);
      return;
    }
    for (const block of body.blocks(element)) {
      if (waiting.length > 0 && (block.kind === "html" || block.kind !== waiting[0]!.kind)) flush();
      waiting.push(block);
    }
    // Notes stand below the block that refers to them, so that a chunk holds both.
    notes.push(...body.notes);
    body.notes = [];
  };
  const containers = new Set([...styleParts, "office:text", "office:presentation", "office:spreadsheet"]);
  readXmlParts(content, `${path}: content.xml`, containers, (element, container) => {
    if (container !== undefined) take(element, container);
    else if (element.name !== "office:document-content") throw notOpenDocument(path);
  });
  flush();
  const done = slides.length > 0 ? await writeSlides(slides, pictures, options) : undefined;
  const { text, images } = done ?? writer.finish();
  const warnings = [
    ...(context.left.size > 0
      ? [
          `left out: ${[...context.left].map(([what, count]) => `${count} ${what}${count === 1 ? "" : "s"}`).join(", ")}`,
        ]
      : []),
    ...pictures.warnings(),
  ];
  const sections = done?.sections ?? markdownSections(text);
  const mediaType = kind.startsWith(family) ? kind : `${family}text`;
  return { text, sections, mediaType, warnings, ...(options.images ? { images } : {}) };
}

async function openPackage(bytes: Uint8Array, path: string): Promise<ZipArchive> {
  const head = String.fromCharCode(...bytes.subarray(0, 5));
  if (!head.startsWith("PK"))
    throw notOpenDocument(path, head.startsWith("<?xml") ? "it is a flat XML file" : undefined);
  const zip = await ZipArchive.open(bytes, path);
  const manifest = await zip.read("META-INF/manifest.xml");
  if (zip.has("encrypted-package") || (manifest && isEncrypted(manifest, path))) {
    throw new InputError(`${path}: it is protected by a password`, {
      remedy: "Remove the password in the program that wrote it and save it again.",
    });
  }
  return zip;
}

function isEncrypted(manifest: Uint8Array, path: string): boolean {
  return descendants(readXml(manifest, `${path}: META-INF/manifest.xml`), "manifest:encryption-data").length > 0;
}

function notOpenDocument(path: string, what = "it is another kind of file"): InputError {
  return new InputError(`${path}: it is not an OpenDocument file, ${what}`, {
    remedy: "Give it the extension of its real format, or save it again as .odt.",
  });
}

async function readObjects(
  zip: ZipArchive,
  path: string,
  pictures: Pictures,
): Promise<Pick<OdtContext, "media" | "objects">> {
  const media = new Map<string, Uint8Array>();
  const objects = new Map<string, XmlElement>();
  for (const { name } of zip.entries) {
    const folder = /^(.+)\/content\.xml$/.exec(name)?.[1];
    if (folder !== undefined) {
      const bytes = await zip.read(name);
      if (bytes) objects.set(folder, readXml(bytes, `${path}: ${name}`));
    } else if (pictures.wanted && /^(?:Pictures|media)\//.test(name)) {
      const bytes = await zip.read(name);
      if (bytes) media.set(name, bytes);
    }
  }
  return { media, objects };
}

/** A slide's title, and its text with the speaker's notes. */
function slideHtml(page: XmlElement, body: OdtBody): { html: string; title: string } {
  let title = "";
  let html = "";
  for (const shape of childrenOf(page)) {
    const kind = shape.attributes["presentation:class"] ?? "";
    if (/^(?:date-time|footer|header|page-number|notes|page)$/.test(kind) || shape.name === "presentation:notes")
      continue;
    const words =
      kind === "title" ? descendants(shape, "text:p").map(textOf).join(" ").replace(/\s+/g, " ").trim() : "";
    if (title === "" && words !== "") title = words;
    else html += blocksHtml(body.blocks(shape));
  }
  const notes = childrenOf(child(page, "presentation:notes"))
    .filter((shape) => shape.attributes["presentation:class"] === "notes")
    .map((shape) => blocksHtml(body.blocks(shape)))
    .join("");
  return { title, html: html + (notes === "" ? "" : `<p>Notes:</p>${notes}`) };
}
