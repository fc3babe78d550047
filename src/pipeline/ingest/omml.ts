import { accented, arranged, base, delimited, group, joinTex, texOf, texText } from "./tex.js";
import { child, childrenOf, textOf, type XmlElement } from "./xml.js";

/**
 * Writes a formula of Word or PowerPoint as TeX.
 *
 * @param element `m:oMath`, or any element of Office Math Markup (ECMA-376, part 1, 22.1)
 * @returns TeX without dollar signs; empty when there is nothing in the formula
 */
export function ommlToTex(element: XmlElement): string {
  return joinTex(childrenOf(element).map(texOfElement));
}

function texOfElement(element: XmlElement): string {
  const part = (name: string): string => {
    const found = child(element, name);
    return found ? ommlToTex(found) : "";
  };
  switch (element.name) {
    case "m:r":
      return run(element);
    case "m:f":
      return fraction(element, part("m:num"), part("m:den"));
    case "m:sSup":
      return `${base(part("m:e"))}^${group(part("m:sup"))}`;
    case "m:sSub":
      return `${base(part("m:e"))}_${group(part("m:sub"))}`;
    case "m:sSubSup":
      return `${base(part("m:e"))}_${group(part("m:sub"))}^${group(part("m:sup"))}`;
    case "m:sPre":
      return `{}_${group(part("m:sub"))}^${group(part("m:sup"))}${base(part("m:e"))}`;
    case "m:rad": {
      const degree = isOn(element, "m:radPr", "m:degHide") ? "" : part("m:deg").trim();
      return `\\sqrt${degree === "" ? "" : `[${degree}]`}${group(part("m:e"))}`;
    }
    case "m:nary":
      return nary(element, part("m:sub"), part("m:sup"), part("m:e"));
    case "m:d":
      return parentheses(element);
    case "m:func":
      return joinTex([part("m:fName"), /^\s*[A-Za-z\\]/.test(part("m:e")) ? " " : "", part("m:e")]);
    case "m:limLow":
      return limit(part("m:e"), part("m:lim"), "_");
    case "m:limUpp":
      return limit(part("m:e"), part("m:lim"), "^");
    case "m:acc":
      return accented(setting(element, "m:accPr", "m:chr") ?? "\u0302", part("m:e"));
    case "m:bar": {
      const above = setting(element, "m:barPr", "m:pos") === "top";
      return `\\${above ? "overline" : "underline"}${group(part("m:e"))}`;
    }
    case "m:groupChr": {
      const above = setting(element, "m:groupChrPr", "m:pos") === "top";
      const mark = setting(element, "m:groupChrPr", "m:chr") ?? "⏟";
      if (mark === "⏞" || mark === "⏟") return `\\${above ? "overbrace" : "underbrace"}${group(part("m:e"))}`;
      return `\\${above ? "overset" : "underset"}${group(texOf(mark))}${group(part("m:e"))}`;
    }
    case "m:m":
      return arranged(
        childrenOf(element, "m:mr").map((row) => childrenOf(row, "m:e").map(ommlToTex)),
        "matrix",
      );
    case "m:eqArr":
      return arranged(
        childrenOf(element, "m:e").map((row) => [ommlToTex(row).replace(/\\&/g, "&")]),
        "aligned",
      );
    case "m:borderBox":
      return `\\boxed${group(part("m:e"))}`;
    case "w:del":
    case "w:moveFrom":
    case "m:ctrlPr":
      return "";
    case "w:r":
      return texText(textOf(element));
    default:
      return element.name.endsWith("Pr") ? "" : ommlToTex(element);
  }
}

/** Letters and signs; set upright they are words, or the name of a function. */
function run(element: XmlElement): string {
  const text = childrenOf(element, "m:t").map(textOf).join("");
  const properties = child(element, "m:rPr");
  if (child(properties, "m:nor")) return texText(text);
  const script = child(properties, "m:scr")?.attributes["m:val"];
  const font = { "double-struck": "mathbb", script: "mathcal", fraktur: "mathfrak" }[script ?? ""];
  if (font) return `\\${font}${group(texOf(text))}`;
  const upright = child(properties, "m:sty")?.attributes["m:val"] === "p";
  const tex = texOf(text);
  return upright && /^[A-Za-z]{2,}$/.test(tex) ? `\\operatorname${group(tex)}` : tex;
}

function fraction(element: XmlElement, above: string, below: string): string {
  switch (setting(element, "m:fPr", "m:type")) {
    case "noBar":
      return `\\binom${group(above)}${group(below)}`;
    case "lin":
      return joinTex([base(above), "/", base(below)]);
    default:
      return `\\frac${group(above)}${group(below)}`;
  }
}

function nary(element: XmlElement, sub: string, sup: string, content: string): string {
  const sign = texOf(setting(element, "m:naryPr", "m:chr") ?? "∫");
  const below = isOn(element, "m:naryPr", "m:subHide") || sub.trim() === "" ? "" : `_${group(sub)}`;
  const above = isOn(element, "m:naryPr", "m:supHide") || sup.trim() === "" ? "" : `^${group(sup)}`;
  return `${sign}${below}${above} ${content}`;
}

function parentheses(element: XmlElement): string {
  const between = texOf(setting(element, "m:dPr", "m:sepChr") ?? "|");
  const content = childrenOf(element, "m:e").map(ommlToTex).join(between);
  return delimited(setting(element, "m:dPr", "m:begChr") ?? "(", content, setting(element, "m:dPr", "m:endChr") ?? ")");
}

/** A limit's range belongs under its name; over and under anything else TeX needs a command. */
function limit(content: string, range: string, place: "_" | "^"): string {
  if (/^\s*\\[A-Za-z]+\s*$/.test(content)) return `${content.trim()}${place}${group(range)}`;
  if (/^\s*\\(?:under|over)brace/.test(content)) return `${content.trim()}${place}${group(range)}`;
  return `\\${place === "_" ? "underset" : "overset"}${group(range)}${group(content)}`;
}

function setting(element: XmlElement, properties: string, name: string): string | undefined {
  return child(child(element, properties), name)?.attributes["m:val"];
}

function isOn(element: XmlElement, properties: string, name: string): boolean {
  const found = child(child(element, properties), name);
  return found !== undefined && !/^(?:0|false|off)$/.test(found.attributes["m:val"] ?? "1");
}
