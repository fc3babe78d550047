/** The package of a book: EPUB 3.3 and 2.0.1. */
import { posix } from "node:path";
import { InputError } from "../../errors.js";
import { child, childrenOf, descendants, readXml, textOf, type XmlElement } from "./xml.js";
import { ZipArchive } from "./zip.js";

/** A file of the book that is read in its turn. */
export interface Chapter {
  /** Name of the entry in the archive. */
  name: string;
  /** What the table of contents calls it; empty where it does not name it. */
  title: string;
  /** What a fragment of it is called in the table of contents, by its id. */
  parts: ReadonlyMap<string, string>;
}

export interface Book {
  zip: ZipArchive;
  title: string;
  chapters: Chapter[];
}

/** Fonts may be scrambled without the book being protected. */
const fontScrambling = new Set(["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"]);

/**
 * Opens a book and finds its chapters in reading order; the table of contents itself and the cover are not among them.
 *
 * @throws InputError when it is no book, is protected, or is damaged
 */
export async function openBook(bytes: Uint8Array, path: string): Promise<Book> {
  if (!(bytes[0] === 0x50 && bytes[1] === 0x4b)) throw notBook(path);
  const zip = await ZipArchive.open(bytes, path);
  const read = async (name: string): Promise<XmlElement | undefined> => {
    const found = await zip.read(name);
    return found && readXml(found, `${path}: ${name}`);
  };
  await refuseProtected(zip, read, path);
  const container = await read("META-INF/container.xml");
  const root = descendants(container, "rootfile").map(({ attributes }) => attributes["full-path"] ?? "")[0];
  const name = root ?? zip.entries.find((entry) => entry.name.toLowerCase().endsWith(".opf"))?.name;
  const opf = name === undefined ? undefined : await read(name);
  if (name === undefined || opf === undefined) throw notBook(path);
  const folder = posix.dirname(name);
  const items = new Map(
    descendants(opf, "item").map(({ attributes }) => [
      attributes["id"] ?? "",
      {
        name: entryOf(folder, attributes["href"] ?? ""),
        type: attributes["media-type"] ?? "",
        properties: attributes["properties"] ?? "",
      },
    ]),
  );
  const spine = descendants(opf, "spine")[0];
  const nav = [...items.values()].find(({ properties }) => /(?:^|\s)nav(?:\s|$)/.test(properties))?.name;
  const ncx =
    items.get(spine?.attributes["toc"] ?? "")?.name ?? [...items.values()].find(({ type }) => /ncx/.test(type))?.name;
  const titles =
    nav !== undefined ? navTitles(await read(nav), nav) : ncx !== undefined ? ncxTitles(await read(ncx), ncx) : [];
  const leftOut = new Set([nav, ...guideFrame(opf, folder)]);
  const chapters: Chapter[] = [];
  for (const reference of childrenOf(spine, "itemref")) {
    const item = items.get(reference.attributes["idref"] ?? "");
    if (!item || leftOut.has(item.name) || !isPage(item)) continue;
    if (chapters.some((chapter) => chapter.name === item.name)) continue;
    const own = titles.filter((entry) => entry.name === item.name);
    chapters.push({
      name: item.name,
      title: own.find(({ fragment }) => fragment === "")?.title ?? (own.length === 1 ? own[0]!.title : ""),
      parts: new Map(own.filter(({ fragment }) => fragment !== "").map(({ fragment, title }) => [fragment, title])),
    });
  }
  return { zip, title: textOf(descendants(opf, "dc:title")[0]).replace(/\s+/g, " ").trim(), chapters };
}

function isPage({ name, type }: { name: string; type: string }): boolean {
  return (
    /x?html|oeb1-document/.test(type) ||
    (!/^(?:image|text\/css|application\/x-dtbncx)/.test(type) && /\.x?html?$/i.test(name))
  );
}

/** An address in the package as the name of an entry; it never leaves the archive. */
export function entryOf(folder: string, address: string): string {
  const bare = address.replace(/[?#].*$/s, "");
  let decoded = bare;
  try {
    decoded = decodeURIComponent(bare);
  } catch {
    // A percent sign that stands for itself.
  }
  return posix.join("/", folder, decoded).slice(1);
}

interface Entry {
  name: string;
  fragment: string;
  title: string;
}

function entry(file: string, address: string | undefined, title: string): Entry[] {
  const words = title.replace(/\s+/g, " ").trim();
  if (address === undefined || words === "") return [];
  return [{ name: entryOf(posix.dirname(file), address), fragment: address.split("#")[1] ?? "", title: words }];
}

function navTitles(root: XmlElement | undefined, file: string): Entry[] {
  const lists = descendants(root, "nav");
  const contents = lists.find(({ attributes }) => attributes["epub:type"] === "toc") ?? lists[0];
  return descendants(contents, "a").flatMap((link) => entry(file, link.attributes["href"], textOf(link)));
}

function ncxTitles(root: XmlElement | undefined, file: string): Entry[] {
  const walk = (element: XmlElement | undefined): Entry[] =>
    childrenOf(element, "navPoint").flatMap((point) => [
      ...entry(file, child(point, "content")?.attributes["src"], textOf(child(point, "navLabel"))),
      ...walk(point),
    ]);
  return walk(descendants(root, "navMap")[0]);
}

/** Pages that the guide of EPUB 2 says are the cover or the table of contents. */
function guideFrame(opf: XmlElement, folder: string): string[] {
  return childrenOf(descendants(opf, "guide")[0], "reference")
    .filter(({ attributes }) => /^(?:cover|toc)$/i.test(attributes["type"] ?? ""))
    .filter(({ attributes }) => !(attributes["href"] ?? "").includes("#"))
    .map(({ attributes }) => entryOf(folder, attributes["href"] ?? ""));
}

/** A book whose text is encrypted cannot be read by any program but its seller's. */
async function refuseProtected(
  zip: ZipArchive,
  read: (name: string) => Promise<XmlElement | undefined>,
  path: string,
): Promise<void> {
  const encryption = await read("META-INF/encryption.xml");
  const methods = descendants(encryption, "enc:EncryptionMethod").map(
    ({ attributes }) => attributes["Algorithm"] ?? "",
  );
  const isEncrypted = methods.some((method) => !fontScrambling.has(method));
  const rights = ["META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl"].find((name) => zip.has(name));
  if (
    !isEncrypted &&
    !(rights !== undefined && methods.length > 0 && methods.every((method) => !fontScrambling.has(method)))
  )
    return;
  throw new InputError(`${path}: it is protected by digital rights management (DRM): its text is encrypted`, {
    remedy: "Get a copy without protection from its publisher.",
  });
}

function notBook(path: string): InputError {
  return new InputError(`${path}: it is not a book in the EPUB format`, {
    remedy: "Give it the extension of its real format.",
  });
}
