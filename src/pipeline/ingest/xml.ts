/**
 * Reads XML of documents that nobody vouches for. There is no document type processing at all: declared entities are
 * never expanded, nothing outside the text is ever opened, and sizes are bounded.
 */
import { Parser } from "htmlparser2";
import { InputError } from "../../errors.js";
import { prefixes } from "./xml-namespaces.js";

/** An element; text stands between its children as strings. */
export interface XmlElement {
  /** With the prefix that `prefixes` gives its namespace, whatever the file calls it: `w:p`. */
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: XmlNode[];
}
export type XmlNode = XmlElement | string;

/** More levels than any document has; also keeps what walks the tree far from the end of the stack. */
const maxDepth = 512;

/** Most elements and texts in one tree: some 500 MB. A long document comes as many trees. */
const maxNodes = 2_000_000;

/** Bytes given to the parser at once. */
const pieceBytes = 2 ** 18;

/**
 * Reads a whole part as a tree.
 *
 * @param bytes of the part; UTF-8, or UTF-16 with a byte order mark
 * @param part name of the file and the part, for messages
 * @returns the outermost element
 * @throws InputError when there is none, or it is nested too deeply or too large
 */
export function readXml(bytes: Uint8Array, part: string): XmlElement {
  let root: XmlElement | undefined;
  readXmlParts(bytes, part, new Set(), (element) => (root ??= element));
  if (root === undefined) {
    throw new InputError(`${part}: it is not XML`, {
      remedy: "The file is damaged: open it in its own program and save it again.",
    });
  }
  return root;
}

/**
 * Reads a part piece by piece: each child of a container is given when it is complete and forgotten then, so that a
 * long document needs no more memory than its largest paragraph or table.
 *
 * @param containers names of the elements whose children are wanted; what is outside them is given as whole elements
 *   without those
 * @param take called with each child, and the name of its container
 * @throws InputError as `readXml`
 */
export function readXmlParts(
  bytes: Uint8Array,
  part: string,
  containers: ReadonlySet<string>,
  take: (element: XmlElement, container: string | undefined) => void,
): void {
  const open: { element: XmlElement; scope: Scope; nodes: number }[] = [];
  let scope: Scope = new Map();
  let nodes = 0;
  const refuse = (what: string): never => {
    throw new InputError(`${part}: ${what}`, { remedy: "If the document is sound, split it into smaller ones." });
  };
  const parser = new Parser(
    {
      onopentag: (written, given) => {
        if (open.length >= maxDepth) refuse(`its elements are nested more than ${maxDepth} deep`);
        if (++nodes > maxNodes) refuse("one of its paragraphs or tables is too large to be read");
        const outer = { scope, nodes: nodes - 1 };
        scope = scopeOf(given, scope);
        const attributes = Object.create(null) as Record<string, string>;
        for (const name in given) {
          if (!name.startsWith("xmlns")) attributes[name.includes(":") ? resolved(name, scope) : name] = given[name]!;
        }
        open.push({ element: { name: resolved(written, scope), attributes, children: [] }, ...outer });
      },
      ontext: (text) => {
        const parent = open.at(-1)?.element;
        if (parent === undefined || containers.has(parent.name)) return;
        const last = parent.children.length - 1;
        const before = parent.children[last];
        if (typeof before === "string") parent.children[last] = before + text;
        else if (++nodes > maxNodes) refuse("one of its paragraphs or tables is too large to be read");
        else parent.children.push(text);
      },
      onclosetag: () => {
        const closed = open.pop();
        if (!closed) return;
        scope = closed.scope;
        const parent = open.at(-1)?.element;
        if (parent === undefined) take(closed.element, undefined);
        else if (containers.has(parent.name)) {
          take(closed.element, parent.name);
          nodes = closed.nodes;
        } else if (!containers.has(closed.element.name)) parent.children.push(closed.element);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  const decoder = new TextDecoder(encodingOf(bytes));
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    parser.write(decoder.decode(bytes.subarray(start, start + pieceBytes), { stream: true }));
  }
  parser.end(decoder.decode());
}

/** Namespaces in force: the prefix that the file uses, and the one that is used here. */
type Scope = ReadonlyMap<string, string | undefined>;

function scopeOf(attributes: Record<string, string>, outer: Scope): Scope {
  let scope: Map<string, string | undefined> | undefined;
  for (const name in attributes) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
    scope ??= new Map(outer);
    scope.set(name.slice(6), prefixes.get(attributes[name]!));
  }
  return scope ?? outer;
}

function resolved(written: string, scope: Scope): string {
  const colon = written.indexOf(":");
  const known = scope.get(colon === -1 ? "" : written.slice(0, colon));
  if (known === undefined) return written;
  const local = written.slice(colon + 1);
  return known === "" ? local : `${known}:${local}`;
}

/** As XML 1.0, appendix F: a byte order mark, or the first characters of the declaration. */
function encodingOf(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return "utf-16le";
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return "utf-16be";
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  const declared = /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)/.exec(head)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    return "utf-8";
  }
}

/** The first child element of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((node): node is XmlElement => typeof node !== "string" && node.name === name);
}

/** The child elements: all, or those of a name. */
export function childrenOf(element: XmlElement | undefined, name?: string): XmlElement[] {
  return (element?.children ?? []).filter(
    (node): node is XmlElement => typeof node !== "string" && (name === undefined || node.name === name),
  );
}

/** All elements of a name below, in the document's order; not those inside one of them. */
export function descendants(element: XmlElement | undefined, name: string): XmlElement[] {
  return childrenOf(element).flatMap((node) => (node.name === name ? [node] : descendants(node, name)));
}

/** All text below. */
export function textOf(node: XmlNode | undefined): string {
  if (node === undefined) return "";
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}
