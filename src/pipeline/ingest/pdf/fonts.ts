import type { PDFPageProxy } from "pdfjs-dist";

/** What text needs to know of a font. */
export interface Font {
  /** The same for every page of a document: the font's name without the tag of its subset. */
  name: string;
  bold: boolean;
  italic: boolean;
  /** Whether its characters have one width. */
  fixed: boolean;
  vertical: boolean;
  /** From the font's units to text space. */
  unit: number;
  /** Metrics of vertical writing: advance, and the place of the origin. */
  verticalMetrics: readonly number[];
  /** What the font's own table says that a code shows; missing when it has none, and its codes speak for themselves. */
  table?: (code: number) => unknown;
  /** Large symbols of TeX hang from the baseline; by how much, in units of the font size, they are lifted too high. */
  hangs: number;
}

interface LoadedFont {
  name?: string;
  loadedName?: string;
  bold?: boolean;
  black?: boolean;
  italic?: boolean;
  fallbackName?: string;
  vertical?: boolean;
  fontMatrix?: number[];
  defaultVMetrics?: number[];
  composite?: boolean;
  isSymbolicFont?: boolean;
  toUnicode?: { _map?: unknown[]; firstChar?: number };
  clearData?: () => void;
}

const unknownFont: Font = {
  name: "",
  bold: false,
  italic: false,
  fixed: false,
  vertical: false,
  unit: 0.001,
  verticalMetrics: [-1000, 0, 880],
  hangs: 0,
};

/**
 * Looks up the fonts of a page by the names that its operators use. pdfjs resolves them before the operators arrive.
 *
 * @param page whose operators have been read
 */
export function fontsOf(page: PDFPageProxy): (name: string) => Font {
  const known = new Map<string, Font>();
  const objects = page.commonObjs as { has: (id: string) => boolean; get: (id: string) => unknown };
  return (name) => {
    let font = known.get(name);
    if (!font) {
      const loaded = objects.has(name) ? objects.get(name) : undefined;
      font = typeof loaded === "object" && loaded !== null ? describe(loaded) : unknownFont;
      known.set(name, font);
    }
    return font;
  };
}

function describe(font: LoadedFont): Font {
  const name = (font.name ?? font.loadedName ?? "").replace(/^[A-Z]{6}\+/, "");
  const map = font.toUnicode?._map;
  const bold = font.bold === true || font.black === true || /bold|black|heavy|semibold|demi|CMBX|SFBX/i.test(name);
  const described: Font = {
    name,
    bold,
    italic: font.italic === true || /italic|oblique|slanted|CMTI|CMSL/i.test(name),
    fixed: font.fallbackName === "monospace" || /mono|courier|consol|typewriter|CMTT|SFTT/i.test(name),
    vertical: font.vertical === true,
    unit: font.fontMatrix?.[0] ?? 0.001,
    verticalMetrics: font.defaultVMetrics ?? unknownFont.verticalMetrics,
    hangs: /^CMEX|MathExtension/.test(name) ? 0.85 : 0,
  };
  // Only a table that names some characters tells that others are missing in it.
  if (font.composite === true && map && map.some((entry) => entry !== undefined)) {
    described.table = (code) => map[code];
  }
  // pdfjs keeps the font's file for drawing.
  font.clearData?.();
  return described;
}
