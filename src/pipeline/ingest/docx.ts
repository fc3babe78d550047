import { InputError } from "../../errors.js";
import { type Block, blocksHtml } from "./blocks-html.js";
import { WordBody, type WordContext, type WordPart } from "./docx-body.js";
import { WordNumbering, WordStyles } from "./docx-styles.js";
import { htmlLinks } from "./html-to-markdown.js";
import { MarkdownWriter } from "./markdown-writer.js";
import { OfficePackage } from "./opc.js";
import type { DocumentParser } from "./parser.js";
import { Pictures } from "./pictures.js";
import { markdownSections } from "./sections.js";
import { childrenOf, readXmlParts, type XmlElement } from "./xml.js";

const mediaType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/**
 * Word documents: headings, lists, tables, notes, formulas and text boxes as Markdown, in their place. Headers, footers,
 * comments, deleted passages and the table of contents are left out; macros are never looked at.
 */
export const docxParser: DocumentParser = {
  name: "docx",
  extensions: [".docx", ".docm"],
  mediaTypes: [mediaType, "application/vnd.ms-word.document.macroenabled.12"],
  parse: async (bytes, source, options) => {
    const office = await OfficePackage.open(bytes, source, {
      name: "a Word document",
      extension: ".docx",
      family: "wordprocessingml",
      main: "word/document.xml",
      old: "an old Word document (.doc)",
      program: "a word processor",
    });
    const pictures = new Pictures(options.images);
    const { context, part } = await readContext(office, pictures);
    const writer = await MarkdownWriter.create(pictures, htmlLinks(options));
    const body = new WordBody(context, part);
    let waiting: Block[] = [];
    let notes: string[] = [];
    const flush = (): void => {
      writer.add(blocksHtml(waiting) + notes.join(""));
      waiting = [];
      notes = [];
    };
    const main = await office.read(office.main);
    const parts = { found: false };
    readXmlParts(main!, `${source.path}: ${office.main}`, new Set(["w:body"]), (element, container) => {
      parts.found ||= container !== undefined || element.name === "w:document";
      if (container === undefined) return;
      const blocks = body.blocks(element);
      for (const block of blocks) {
        if (waiting.length > 0 && (block.kind === "html" || block.kind !== waiting[0]!.kind)) flush();
        waiting.push(block);
      }
      // Notes stand below the block that refers to them, so that a chunk holds both.
      notes.push(...body.notes);
      body.notes = [];
    });
    flush();
    if (!parts.found) {
      throw new InputError(`${source.path}: it is not a Word document: its main part is not one`, {
        remedy: "Open it in a word processor and save it again as .docx.",
      });
    }
    const { text, images } = writer.finish();
    const warnings = [...leftOut(context.left), ...pictures.warnings()];
    return { text, sections: markdownSections(text), mediaType, warnings, ...(options.images ? { images } : {}) };
  },
};

async function readContext(
  office: OfficePackage,
  pictures: Pictures,
): Promise<{ context: WordContext; part: WordPart }> {
  const part = await readPart(office, office.main, pictures.wanted);
  const related = (type: string): string | undefined =>
    [...part.relationships.values()].find((relation) => relation.type === type && !relation.isExternal)?.target;
  const optional = async (type: string): Promise<XmlElement | undefined> => {
    const name = related(type);
    return name === undefined ? undefined : await office.xml(name);
  };
  const notes: WordContext["notes"] & Map<string, { element: XmlElement; part: WordPart }> = new Map();
  for (const kind of ["footnote", "endnote"] as const) {
    const name = related(`${kind}s`);
    const root = name === undefined ? undefined : await office.xml(name);
    if (name === undefined || root === undefined) continue;
    const own = await readPart(office, name, pictures.wanted);
    for (const element of childrenOf(root, `w:${kind}`)) {
      // The lines that separate notes from the text are kept among the notes.
      if (element.attributes["w:type"] !== undefined && element.attributes["w:type"] !== "normal") continue;
      notes.set(`${kind} ${element.attributes["w:id"] ?? ""}`, { element, part: own });
    }
  }
  const styles = new WordStyles(await optional("styles"));
  const numbering = new WordNumbering(await optional("numbering"));
  return { context: { styles, numbering, pictures, notes, left: new Map() }, part };
}

async function readPart(office: OfficePackage, name: string, withPictures: boolean): Promise<WordPart> {
  const relationships = await office.relationships(name);
  const media = new Map<string, Uint8Array>();
  const drawings = new Map<string, XmlElement>();
  for (const { type, target, isExternal } of relationships.values()) {
    if (isExternal) continue;
    if (type === "image" && withPictures && !media.has(target)) {
      const bytes = await office.read(target);
      if (bytes) media.set(target, bytes);
    } else if (type === "chart" || type === "diagramData") {
      const root = await office.xml(target);
      if (root) drawings.set(target, root);
    }
  }
  return { relationships, media, drawings };
}

function leftOut(left: ReadonlyMap<string, number>): string[] {
  const parts = [...left].map(([what, count]) => `${count} ${what}${count === 1 ? "" : "s"}`);
  return parts.length === 0 ? [] : [`left out: ${parts.join(", ")}`];
}
