import { accented, arranged, base, delimited, group, joinTex, texOf, texText } from "./tex.js";
import { child, childrenOf, descendants, textOf, type XmlElement } from "./xml.js";

/**
 * Writes a formula in MathML (Core and 3.0, presentation) as TeX: its own TeX source where it carries one.
 *
 * @param math the `math` element
 * @returns TeX without dollar signs; empty when there is nothing in the formula
 */
export function mathmlToTex(math: XmlElement): string {
  const source = descendants(math, "annotation").find(({ attributes }) => /tex/i.test(attributes["encoding"] ?? ""));
  const given = source ? textOf(source).trim() : (math.attributes["alttext"] ?? "").trim();
  if (given !== "") return given.replace(/^\{\\displaystyle ([\s\S]*)\}$/, "$1").trim();
  return row(math).trim();
}

function row(element: XmlElement): string {
  const children = childrenOf(element);
  const first = children[0];
  const last = children.at(-1);
  // Fences that are written as signs at both ends of a row.
  if (children.length > 2 && first?.name === "mo" && last?.name === "mo") {
    const pair = textOf(first).trim() + textOf(last).trim();
    if (["()", "[]", "{}", "||", "⟨⟩", "‖‖", "⌊⌋", "⌈⌉"].includes(pair)) {
      const inner = { ...element, children: children.slice(1, -1) };
      if (!childrenOf(inner, "mo").some((node) => pair.includes(textOf(node).trim() || " "))) {
        return delimited(textOf(first).trim(), row(inner), textOf(last).trim());
      }
    }
  }
  return joinTex(children.map(texOfElement));
}

function texOfElement(element: XmlElement): string {
  const parts = childrenOf(element);
  const part = (index: number): string => (parts[index] ? texOfElement(parts[index]) : "");
  switch (element.name) {
    case "mi": {
      const name = textOf(element).trim();
      const tex = texOf(name);
      return /^[A-Za-z]{2,}$/.test(tex) ? `\\operatorname${group(tex)}` : tex;
    }
    case "mn":
    case "mo":
      return texOf(textOf(element).trim());
    case "mtext":
    case "ms":
      return texText(textOf(element));
    case "mspace":
      return " ";
    case "mfrac":
      return /^0/.test(element.attributes["linethickness"] ?? "")
        ? `\\binom${group(part(0))}${group(part(1))}`
        : `\\frac${group(part(0))}${group(part(1))}`;
    case "msqrt":
      return `\\sqrt${group(row(element))}`;
    case "mroot":
      return `\\sqrt[${part(1).trim()}]${group(part(0))}`;
    case "msub":
      return `${base(part(0))}_${group(part(1))}`;
    case "msup":
      return `${base(part(0))}^${group(part(1))}`;
    case "msubsup":
      return `${base(part(0))}_${group(part(1))}^${group(part(2))}`;
    case "munder":
      return isOperator(part(0)) ? `${part(0)}_${group(part(1))}` : `\\underset${group(part(1))}${group(part(0))}`;
    case "mover":
      if (isOperator(part(0))) return `${part(0)}^${group(part(1))}`;
      return accented(textOf(parts[1]).trim(), part(0)).replace(/^\\overset\{.*\}\{/s, `\\overset${group(part(1))}{`);
    case "munderover":
      return `${base(part(0))}_${group(part(1))}^${group(part(2))}`;
    case "mtable":
      return arranged(
        parts.map((line) => childrenOf(line, "mtd").map(row)),
        "matrix",
      );
    case "mfenced": {
      const between = (element.attributes["separators"] ?? ",").trim().charAt(0);
      return delimited(
        element.attributes["open"] ?? "(",
        parts.map(texOfElement).join(between),
        element.attributes["close"] ?? ")",
      );
    }
    case "semantics":
      return parts[0] ? texOfElement(parts[0]) : "";
    case "menclose":
      return `\\boxed${group(row(element))}`;
    case "annotation":
    case "annotation-xml":
    case "mphantom":
    case "none":
    case "mprescripts":
      return "";
    case "mmultiscripts": {
      const scripts = child(element, "mprescripts")
        ? parts.slice(
            0,
            parts.findIndex((node) => node.name === "mprescripts"),
          )
        : parts;
      const [main, sub, sup] = scripts.map(texOfElement);
      return `${base(main ?? "")}${sub ? `_${group(sub)}` : ""}${sup ? `^${group(sup)}` : ""}`;
    }
    default:
      return row(element);
  }
}

function isOperator(tex: string): boolean {
  return /^\\(?:lim|max|min|sup|inf|sum|prod|coprod|limsup|liminf|bigcup|bigcap|int|iint|iiint|oint|operatorname\{\w+\})$/.test(
    tex.trim(),
  );
}
