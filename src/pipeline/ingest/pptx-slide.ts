/** A slide as HTML: ECMA-376, part 1, 19.3. */
import { chartHtml, diagramHtml } from "./drawing.js";
import type { OfficePackage, Relationship } from "./opc.js";
import type { Pictures } from "./pictures.js";
import { lineOfText, slideTableHtml, textHtml } from "./pptx-text.js";
import type { SlideText } from "./slides.js";
import { child, childrenOf, descendants, type XmlElement } from "./xml.js";

/** A slide with its notes below its text. */
export interface Slide extends SlideText {
  isHidden: boolean;
}

/** The styles that text takes from a slide's layout and master. */
interface Inherited {
  layout: XmlElement | undefined;
  master: XmlElement | undefined;
}

/** Placeholders of the frame around a slide: date, footer, header and number. */
const frame = new Set(["dt", "ftr", "hdr", "sldNum", "sldImg"]);

/** Layouts and masters are shared by slides: each is read once. */
export class SlideReader {
  private readonly parts = new Map<string, Promise<XmlElement | undefined>>();

  constructor(
    private readonly office: OfficePackage,
    private readonly pictures: Pictures,
  ) {}

  /**
   * @param part name of the slide's part
   * @param page its number, from 1
   * @returns undefined where the package has no such part
   */
  async read(part: string, page: number): Promise<Slide | undefined> {
    const root = await this.office.xml(part);
    if (root === undefined) return undefined;
    const links = await this.office.relationships(part);
    const inherited = await this.inherited(links);
    const tree = child(child(root, "p:cSld"), "p:spTree");
    const shapes = shapesOf(tree);
    const isTitle = (shape: XmlElement): boolean => /^(?:title|ctrTitle)$/.test(placeholder(shape)?.type ?? "");
    const titles = shapes.filter((shape) => shape.name === "p:sp" && isTitle(shape));
    const [first] = titles.filter((shape) => lineOfText(child(shape, "p:txBody")) !== "");
    const context = { links, inherited, page };
    let html = "";
    for (const shape of shapes) if (shape !== first) html += await this.shape(shape, context);
    const notes = await this.notes(links);
    return {
      page,
      title: first ? lineOfText(child(first, "p:txBody")) : "",
      level: first !== undefined && placeholder(first)?.type === "ctrTitle" ? 1 : 2,
      html: html + (notes === "" ? "" : `<p>Notes:</p>${notes}`),
      isHidden: /^(?:0|false)$/.test(root.attributes["show"] ?? "1"),
    };
  }

  private async inherited(links: ReadonlyMap<string, Relationship>): Promise<Inherited> {
    const layoutName = targetOf(links, "slideLayout");
    if (layoutName === undefined) return { layout: undefined, master: undefined };
    const masterName = targetOf(await this.office.relationships(layoutName), "slideMaster");
    return {
      layout: await this.part(layoutName),
      master: masterName === undefined ? undefined : await this.part(masterName),
    };
  }

  private async part(name: string): Promise<XmlElement | undefined> {
    let found = this.parts.get(name);
    if (!found) this.parts.set(name, (found = this.office.xml(name)));
    return await found;
  }

  private async notes(links: ReadonlyMap<string, Relationship>): Promise<string> {
    const name = targetOf(links, "notesSlide");
    const root = name === undefined ? undefined : await this.office.xml(name);
    if (name === undefined || root === undefined) return "";
    const own = await this.office.relationships(name);
    return shapesOf(child(child(root, "p:cSld"), "p:spTree"))
      .filter((shape) => placeholder(shape)?.type === "body")
      .map((shape) => textHtml(child(shape, "p:txBody"), [], own))
      .join("");
  }

  private async shape(
    shape: XmlElement,
    context: { links: ReadonlyMap<string, Relationship>; inherited: Inherited; page: number },
  ): Promise<string> {
    const { links, inherited, page } = context;
    const kind = placeholder(shape);
    if (kind && frame.has(kind.type)) return "";
    switch (shape.name) {
      case "p:sp":
      case "p:cxnSp": {
        const filled = await this.picture(child(child(shape, "p:spPr"), "a:blipFill"), shape, links, page);
        return filled + textHtml(child(shape, "p:txBody"), kind ? stylesOf(kind, inherited) : [], links);
      }
      case "p:pic":
        return await this.picture(child(shape, "p:blipFill"), shape, links, page);
      case "p:graphicFrame": {
        const data = child(child(shape, "a:graphic"), "a:graphicData");
        const table = child(data, "a:tbl");
        if (table) return slideTableHtml(table, links);
        const [chart] = descendants(data, "c:chart");
        const [diagram] = descendants(data, "dgm:relIds");
        const id = chart?.attributes["r:id"] ?? diagram?.attributes["r:dm"];
        const target = links.get(id ?? "");
        const root = target && !target.isExternal ? await this.office.xml(target.target) : undefined;
        if (root) return chart ? chartHtml(root) : diagramHtml(root);
        // An embedded object of another program shows a picture of itself.
        const [picture] = descendants(data, "p:pic");
        return picture ? await this.picture(child(picture, "p:blipFill"), shape, links, page) : "";
      }
      default:
        return "";
    }
  }

  private async picture(
    fill: XmlElement | undefined,
    shape: XmlElement,
    links: ReadonlyMap<string, Relationship>,
    page: number,
  ): Promise<string> {
    const blip = child(fill, "a:blip");
    if (!this.pictures.wanted || !blip) return "";
    const target = links.get(blip.attributes["r:embed"] ?? blip.attributes["r:link"] ?? "");
    if (target?.isExternal) {
      this.pictures.leave("they are outside the file, and nothing outside it is opened");
      return "";
    }
    const bytes = target && (await this.office.read(target.target));
    const { descr, title } = propertiesOf(shape)?.attributes ?? {};
    const html = this.pictures.html(bytes, { description: descr || title, page });
    return html && `<p>${html}</p>`;
  }
}

/** The shapes of a slide in the order in which it is read aloud; groups are opened. */
function shapesOf(tree: XmlElement | undefined): XmlElement[] {
  return childrenOf(tree).flatMap((node) => {
    if (node.name === "p:grpSp") return shapesOf(node);
    if (node.name === "mc:AlternateContent") {
      const choices = [...childrenOf(node, "mc:Choice"), ...childrenOf(node, "mc:Fallback")].map(shapesOf);
      return choices.find((shapes) => shapes.length > 0) ?? [];
    }
    return /^p:(?:sp|cxnSp|pic|graphicFrame)$/.test(node.name) && !isHidden(node) ? [node] : [];
  });
}

function propertiesOf(shape: XmlElement): XmlElement | undefined {
  const own = childrenOf(shape).find(({ name }) => /^p:nv\w*Pr$/.test(name));
  return child(own, "p:cNvPr");
}

function isHidden(shape: XmlElement): boolean {
  return /^(?:1|true)$/.test(propertiesOf(shape)?.attributes["hidden"] ?? "");
}

function placeholder(shape: XmlElement): { type: string; index: string | undefined } | undefined {
  const own = childrenOf(shape).find(({ name }) => /^p:nv\w*Pr$/.test(name));
  const found = child(child(own, "p:nvPr"), "p:ph");
  return found && { type: found.attributes["type"] ?? "obj", index: found.attributes["idx"] };
}

/** List styles of the same placeholder in the layout and the master, and the master's for all text of its kind. */
function stylesOf(
  kind: { type: string; index: string | undefined },
  { layout, master }: Inherited,
): (XmlElement | undefined)[] {
  const same = (root: XmlElement | undefined, byIndex: boolean): XmlElement | undefined =>
    shapesOf(child(child(root, "p:cSld"), "p:spTree")).find((shape) => {
      const other = placeholder(shape);
      if (!other) return false;
      return byIndex && kind.index !== undefined ? other.index === kind.index : sameType(other.type, kind.type);
    });
  const list = (shape: XmlElement | undefined): XmlElement | undefined => child(child(shape, "p:txBody"), "a:lstStyle");
  const own = same(layout, true);
  const general = kind.type === "obj" ? (own && placeholder(own)?.type) || "body" : kind.type;
  const texts = child(master, "p:txStyles");
  const shared =
    /title/i.test(general) && general !== "subTitle" ? child(texts, "p:titleStyle") : child(texts, "p:bodyStyle");
  return [list(own), list(same(master, false)), shared];
}

function sameType(a: string, b: string): boolean {
  const plain = (type: string): string =>
    /^(?:obj|subTitle)$/.test(type) ? "body" : type === "ctrTitle" ? "title" : type;
  return plain(a) === plain(b);
}

function targetOf(links: ReadonlyMap<string, Relationship>, type: string): string | undefined {
  return [...links.values()].find((relation) => relation.type === type && !relation.isExternal)?.target;
}
