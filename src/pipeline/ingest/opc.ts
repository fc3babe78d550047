/** Packages of Office Open XML (ECMA-376, part 2): what .docx and .pptx are. */
import { posix } from "node:path";
import { InputError } from "../../errors.js";
import type { ParserSource } from "./parser.js";
import { childrenOf, readXml, type XmlElement } from "./xml.js";
import { ZipArchive } from "./zip.js";

/** What a part refers to under an id. */
export interface Relationship {
  /** The last word of the relationship's type: `image`, `hyperlink`, `notesSlide`. */
  type: string;
  /** Name of a part in the package; of something outside it, the address as it is written. */
  target: string;
  isExternal: boolean;
}

/** Which kind of document is wanted. */
export interface OfficeKind {
  /** As in `a Word document`. */
  name: string;
  /** With its dot. */
  extension: string;
  /** How content types of its main part begin. */
  family: "wordprocessingml" | "presentationml";
  /** The main part where the package does not say. */
  main: string;
  /** The format before: `an old Word document (.doc)`. */
  old: string;
  /** The program to save it in again. */
  program: string;
}

/** The parts of a document; of nothing outside them anything is ever read. */
export class OfficePackage {
  private constructor(
    private readonly zip: ZipArchive,
    private readonly names: ReadonlyMap<string, string>,
    readonly path: string,
    /** Name of the main part: `word/document.xml`. */
    readonly main: string,
  ) {}

  /**
   * @throws InputError when it is no package of this kind, saying what it is instead where that can be told
   */
  static async open(bytes: Uint8Array, { path }: ParserSource, kind: OfficeKind): Promise<OfficePackage> {
    refuseOther(bytes, path, kind);
    const zip = await ZipArchive.open(bytes, path);
    const names = new Map(zip.entries.map(({ name }) => [name.toLowerCase(), name]));
    const empty = new OfficePackage(zip, names, path, "");
    const relations = await empty.relationships("");
    const declared = [...relations.values()].find(({ type, isExternal }) => type === "officeDocument" && !isExternal);
    const main = declared?.target ?? kind.main;
    const found = new OfficePackage(zip, names, path, main);
    const type = await found.contentType(main);
    const family = type ?? main;
    const fits =
      type === undefined ? names.has(kind.main) : type.includes(kind.family) || type.includes(microsoftName(kind));
    if (!fits || !names.has(main.toLowerCase())) throw notThis(path, kind, family, names);
    return found;
  }

  /** Whether there is such a part; names are compared without regard to case, as the standard says. */
  has(part: string): boolean {
    return this.names.has(part.toLowerCase());
  }

  /**
   * @returns the part's bytes, or undefined where there is none
   * @throws InputError when it is damaged or too large
   */
  async read(part: string): Promise<Uint8Array | undefined> {
    const name = this.names.get(part.toLowerCase());
    return name === undefined ? undefined : await this.zip.read(name);
  }

  /** @returns the part as a tree, or undefined where there is none */
  async xml(part: string): Promise<XmlElement | undefined> {
    const bytes = await this.read(part);
    return bytes === undefined ? undefined : readXml(bytes, `${this.path}: ${part}`);
  }

  /** What a part refers to, by id; empty where it refers to nothing. The package's own: part "". */
  async relationships(part: string): Promise<Map<string, Relationship>> {
    const folder = posix.dirname(part === "" ? "x" : part);
    const root = await this.xml(posix.join(folder, "_rels", `${posix.basename(part)}.rels`));
    const found = new Map<string, Relationship>();
    for (const { attributes } of childrenOf(root, "Relationship")) {
      const { Id: id, Type: type, Target: target, TargetMode: mode } = attributes;
      if (id === undefined || target === undefined) continue;
      const isExternal = mode === "External";
      found.set(id, {
        type: (type ?? "").slice((type ?? "").lastIndexOf("/") + 1),
        target: isExternal ? target : partName(folder, target),
        isExternal,
      });
    }
    return found;
  }

  private async contentType(part: string): Promise<string | undefined> {
    const root = await this.xml("[Content_Types].xml");
    const wanted = `/${part}`.toLowerCase();
    return childrenOf(root, "Override").find(({ attributes }) => attributes["PartName"]?.toLowerCase() === wanted)
      ?.attributes["ContentType"];
  }
}

/** A target relative to a folder of the package, or from its root; it never leaves the package. */
function partName(folder: string, target: string): string {
  const [path = ""] = target.split("#");
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A percent sign that stands for itself.
  }
  return posix.join("/", decoded.startsWith("/") ? "" : folder, decoded).slice(1);
}

/** Macro-enabled documents have content types of their own; macros are never looked at. */
function microsoftName(kind: OfficeKind): string {
  return kind.family === "wordprocessingml" ? "ms-word" : "ms-powerpoint";
}

/** A zip archive, or a file of another Office program. */
function notThis(path: string, kind: OfficeKind, type: string, names: ReadonlyMap<string, string>): InputError {
  const other = /wordprocessingml|ms-word|^word\//.test(type)
    ? "a Word document (.docx)"
    : /presentationml|ms-powerpoint|^ppt\//.test(type)
      ? "a presentation (.pptx)"
      : /spreadsheetml|ms-excel|^xl\//.test(type)
        ? "a workbook (.xlsx)"
        : names.has("content.xml")
          ? "an OpenDocument file (.odt)"
          : names.has("meta-inf/container.xml")
            ? "a book (.epub)"
            : undefined;
  const but =
    other === undefined || other.includes(kind.extension) ? "though it is a zip archive as those are" : `but ${other}`;
  return new InputError(`${path}: it is not ${kind.name}, ${but}`, {
    remedy: `Give it the extension of its real format, or save it again as ${kind.extension}.`,
  });
}

/** Says what a file that is no zip archive really is. */
function refuseOther(bytes: Uint8Array, path: string, kind: OfficeKind): void {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (head.startsWith("PK")) return;
  const start = `${path}: it is not a ${kind.extension} file`;
  const remedy = `Save it as ${kind.extension} in ${kind.program}.`;
  if (head.startsWith("\u00d0\u00cf\u0011\u00e0")) {
    // A protected document is wrapped in the container of the old formats, with this entry in UTF-16.
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (whole.includes(Buffer.from("EncryptedPackage", "utf16le"))) {
      throw new InputError(`${path}: it is protected by a password`, {
        remedy: `Remove the password in ${kind.program} and save it again.`,
      });
    }
    const found = oldFormats.find(([stream]) => whole.includes(Buffer.from(stream, "utf16le")))?.[1];
    throw new InputError(`${start} but ${found ?? kind.old}`, { remedy });
  }
  if (head.startsWith("{\\rtf")) throw new InputError(`${start} but RTF`, { remedy });
  if (head.startsWith("%PDF"))
    throw new InputError(`${start} but a PDF`, { remedy: "Rename it so that it ends in .pdf." });
  throw new InputError(start, {
    remedy: `Give it the extension of its real format, or save it again as ${kind.extension}.`,
  });
}

/** The formats of Office before 2007, by the stream that each has (MS-DOC, MS-PPT, MS-XLS). */
const oldFormats: readonly [string, string][] = [
  ["WordDocument", "an old Word document (.doc)"],
  ["PowerPoint Document", "an old presentation (.ppt)"],
  ["Workbook", "an old workbook (.xls)"],
];
