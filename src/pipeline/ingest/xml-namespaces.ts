const open = "http://schemas.openxmlformats.org";
const strict = "http://purl.oclc.org/ooxml";
const microsoft = "http://schemas.microsoft.com/office";
const odf = "urn:oasis:names:tc:opendocument:xmlns";

/**
 * The prefix by which a namespace is known here, whatever a file calls it; empty for vocabularies whose names stand
 * alone. From ECMA-376 (transitional and strict), OpenDocument 1.3 and EPUB 3.3.
 */
export const prefixes: ReadonlyMap<string, string> = new Map([
  ...["wordprocessingml w", "drawingml a", "presentationml p"].flatMap((line): [string, string][] => {
    const [name, prefix] = line.split(" ") as [string, string];
    return [
      [`${open}/${name}/2006/main`, prefix],
      [`${strict}/${name}/main`, prefix],
    ];
  }),
  ...[
    "drawingml chart c",
    "drawingml diagram dgm",
    "drawingml picture pic",
    "drawingml wordprocessingDrawing wp",
    "officeDocument relationships r",
    "officeDocument math m",
  ].flatMap((line): [string, string][] => {
    const [family, name, prefix] = line.split(" ") as [string, string, string];
    return [
      [`${open}/${family}/2006/${name}`, prefix],
      [`${strict}/${family}/${name}`, prefix],
    ];
  }),
  [`${open}/package/2006/relationships`, ""],
  [`${open}/markup-compatibility/2006`, "mc"],
  [`${microsoft}/word/2010/wordprocessingShape`, "wps"],
  [`${microsoft}/word/2010/wordprocessingGroup`, "wpg"],
  [`${microsoft}/drawing/2010/main`, "a14"],
  ["urn:schemas-microsoft-com:vml", "v"],
  ["urn:schemas-microsoft-com:office:office", "o"],
  [`${odf}:container`, ""],
  [`${odf}:drawing:1.0`, "draw"],
  [`${odf}:svg-compatible:1.0`, "svg"],
  [`${odf}:xsl-fo-compatible:1.0`, "fo"],
  ...["office", "text", "table", "style", "presentation", "chart", "manifest"].map((name): [string, string] => [
    `${odf}:${name}:1.0`,
    name,
  ]),
  ["http://www.w3.org/1998/Math/MathML", ""],
  ["http://www.w3.org/1999/xhtml", ""],
  ["http://www.w3.org/1999/xlink", "xlink"],
  ["http://www.w3.org/2001/04/xmlenc#", "enc"],
  ["http://www.idpf.org/2007/opf", ""],
  ["http://www.idpf.org/2007/ops", "epub"],
  ["http://purl.org/dc/elements/1.1/", "dc"],
  ["http://www.daisy.org/z3986/2005/ncx/", ""],
]);
