import type { Font } from "./fonts.js";
import type { Matrix } from "./geometry.js";

/**
 * Which way text runs on the page as it is shown. Words of each direction have coordinates of their own, turned so
 * that their text runs to the right and lines follow downwards. `vertical` is writing in columns from right to left.
 */
export type Direction = "right" | "down" | "left" | "up" | "vertical" | "slanted";

/** Characters without a space between them, as a font draws them. */
export interface Word {
  text: string;
  x0: number;
  x1: number;
  /** Baseline. */
  y: number;
  /** Font size. */
  size: number;
  font: string;
  bold: boolean;
  fixed: boolean;
  /** Whether the content has a space before it. */
  spaced: boolean;
  /** Whether it has letters of a script that is read from right to left. */
  rightToLeft: boolean;
}

/** A character as pdfjs hands it over. */
interface Glyph {
  unicode?: unknown;
  originalCharCode: number;
  width: number;
  isSpace: boolean;
  vmetric?: number[] | null;
}

interface TextState {
  charSpacing: number;
  wordSpacing: number;
  horizontalScale: number;
  fontSize: number;
  fontName: string;
}

/** Gap between two characters, in units of the font size, from which there is a space between them. */
export const wordGap = 0.15;
/** Space glyphs that no table names: glyph 3 of most TrueType fonts, a fifth to two fifths of the font size wide. */
const usualSpace = { code: 3, from: 180, to: 400 };
/** How many words a page may have; no page that is read has more, and a hostile one ends here. */
const mostWords = 500_000;

/** Turns the characters that a page shows, in the order of its content, into words. */
export class WordMaker {
  readonly #width: number;
  readonly #height: number;
  readonly #words: Record<Direction, Word[]> = { right: [], down: [], left: [], up: [], vertical: [], slanted: [] };
  /** Where each text has been drawn, to find what is drawn twice for bold. */
  readonly #drawn = new Map<string, Word[]>();
  #unknown = 0;
  #outside = 0;
  #count = 0;
  #current: Word | undefined;
  /** The glyphs of the current word, kept apart when they must be turned around. */
  #parts: string[] = [];
  #direction: Direction = "right";
  #spaced = false;

  /** @param width of the page */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /**
   * Takes what one operator shows.
   *
   * @param matrix from text space to the page
   * @param x where it starts, in text space
   * @returns by how much the position moves on, in text space
   */
  show(
    glyphs: readonly (Glyph | number)[],
    font: Font,
    state: TextState,
    matrix: Matrix,
    x: number,
    y: number,
  ): number {
    const flip = state.fontSize < 0 ? -1 : 1;
    const fontSize = Math.abs(state.fontSize);
    const scale = state.horizontalScale * flip;
    const along = Math.hypot(matrix[0], matrix[1]);
    const across = Math.hypot(matrix[2], matrix[3]);
    const size = fontSize * across;
    const pageX = matrix[0] * x + matrix[2] * y + matrix[4];
    const pageY = matrix[1] * x + matrix[3] * y + matrix[5];
    const sign = scale < 0 ? -1 : 1;
    const direction = font.vertical ? "vertical" : directionOf(matrix[0] * sign, matrix[1] * sign);
    const [startU, base] = this.#turned(direction, pageX, pageY);
    const v = base + font.hangs * fontSize * across;
    const step = font.vertical ? across : along * Math.abs(scale);
    const usable = size > 0 && Number.isFinite(size) && Number.isFinite(startU) && Number.isFinite(v);
    const unit = fontSize * font.unit;
    const gapAllowed = wordGap * size + Math.max(0, state.charSpacing * step);
    let at = 0;
    let end = Number.NaN;
    if (this.#direction !== direction) this.#flush();
    this.#direction = direction;
    for (const glyph of glyphs) {
      if (typeof glyph === "number") {
        at += ((font.vertical ? 1 : -1) * glyph * fontSize) / 1000;
        continue;
      }
      const spacing = (glyph.isSpace ? state.wordSpacing : 0) + state.charSpacing;
      let width = glyph.width * unit;
      if (font.vertical) width = -(glyph.vmetric ?? font.verticalMetrics)[0]! * unit;
      if (usable) {
        const u = startU + at * step;
        const text = this.#textOf(glyph, font);
        if (text === " ") {
          this.#flush();
          this.#spaced = true;
        } else if (text.includes(" ")) {
          this.#several(text, u, width * step, v, size, font);
        } else if (text !== "") {
          const from = this.#current?.x1 ?? u;
          const sameLine = this.#current !== undefined && Math.abs(this.#current.y - v) < 0.01 * size;
          const gap = u - (Number.isNaN(end) ? from : end);
          if (!sameLine || gap > gapAllowed || gap < -0.3 * size || this.#current!.size !== size) {
            if (!(sameLine && this.#accent(text, u, width * step)))
              this.#open(text, u, u + width * step, v, size, font);
          } else if (!this.#accent(text, u, width * step)) {
            this.#add(text, u + width * step);
          }
        }
        end = u + width * step;
      }
      at += font.vertical ? width - spacing * flip : width + spacing * flip;
    }
    return font.vertical ? at : at * scale;
  }

  /** Ends the last word. */
  finish(): { words: Record<Direction, Word[]>; unknown: number; outside: number } {
    this.#flush();
    return { words: this.#words, unknown: this.#unknown, outside: this.#outside };
  }

  #textOf(glyph: Glyph, font: Font): string {
    const unicode = typeof glyph.unicode === "string" ? glyph.unicode : "";
    if (font.table) {
      const told = font.table(glyph.originalCharCode);
      if (told === undefined || told === "") {
        const { code, from, to } = usualSpace;
        if (glyph.originalCharCode === code && glyph.width >= from && glyph.width <= to) return " ";
        // A table may say that the glyph before stands for both.
        if (told === undefined) this.#unknown++;
        return "";
      }
    }
    return plainText(unicode);
  }

  #turned(direction: Direction, x: number, y: number): [number, number] {
    switch (direction) {
      case "down":
      case "vertical":
        return [y, this.#width - x];
      case "left":
        return [this.#width - x, this.#height - y];
      case "up":
        return [this.#height - y, x];
      default:
        return [x, y];
    }
  }

  #open(text: string, x0: number, x1: number, y: number, size: number, font: Font): void {
    this.#flush();
    this.#current = {
      text: "",
      x0,
      x1,
      y,
      size,
      font: font.name,
      bold: font.bold,
      fixed: font.fixed,
      spaced: this.#spaced,
      rightToLeft: false,
    };
    this.#spaced = false;
    this.#parts = [];
    this.#add(text, x1);
  }

  /** A glyph may stand for several words; each gets its share of the width. */
  #several(text: string, u: number, width: number, v: number, size: number, font: Font): void {
    let at = 0;
    for (const [index, part] of text.split(" ").entries()) {
      if (index > 0) {
        this.#flush();
        this.#spaced = true;
      }
      if (part === "") continue;
      const [x0, x1] = [u + (at / text.length) * width, u + ((at + part.length) / text.length) * width];
      if (this.#current) this.#add(part, x1);
      else this.#open(part, x0, x1, v, size, font);
      at += part.length + 1;
    }
  }

  #add(text: string, x1: number): void {
    const word = this.#current!;
    word.x1 = Math.max(word.x1, x1);
    if (!word.rightToLeft && isRightToLeft(text)) {
      word.rightToLeft = true;
      this.#parts = word.text === "" ? [] : word.text.split("");
    }
    if (word.rightToLeft) this.#parts.push(text);
    else word.text += text;
  }

  /** Puts an accent that is drawn over its letter together with it. */
  #accent(text: string, u: number, width: number): boolean {
    const word = this.#current;
    const mark = combining[word?.text.at(-1) ?? ""];
    if (!word || mark === undefined || u >= word.x1 - 0.1 * word.size || !/^\p{L}/u.test(text)) return false;
    const letter = text[0] === "\u0131" ? "i" : text[0]!;
    word.text = word.text.slice(0, -1) + (letter + mark).normalize("NFC") + text.slice(1);
    word.x1 = Math.max(word.x1, u + width);
    return true;
  }

  #flush(): void {
    const word = this.#current;
    this.#current = undefined;
    if (!word || this.#count >= mostWords) return;
    if (word.rightToLeft) word.text = inReadingOrder(this.#parts);
    if (this.#isOutside(word)) {
      this.#outside += word.text.length;
      return;
    }
    if (this.#isDrawnTwice(word)) return;
    this.#count++;
    this.#words[this.#direction].push(word);
  }

  #isOutside({ x0, x1, y, size }: Word): boolean {
    const turned = this.#direction === "down" || this.#direction === "up" || this.#direction === "vertical";
    const [width, height] = turned ? [this.#height, this.#width] : [this.#width, this.#height];
    return x1 < 0 || x0 > width || y < 0 || y - size > height;
  }

  #isDrawnTwice(word: Word): boolean {
    const near = Math.max(0.5, 0.15 * word.size);
    const others = this.#drawn.get(word.text);
    if (!others) {
      this.#drawn.set(word.text, [word]);
      return false;
    }
    // What is drawn twice is drawn soon after: looking at few keeps a page of one word quick.
    const recent = others.slice(-8);
    if (recent.some((other) => Math.abs(other.x0 - word.x0) < near && Math.abs(other.y - word.y) < near)) return true;
    others.push(word);
    return false;
  }
}

/** Accents that stand alone, and those that go with a letter. */
const combining: Readonly<Record<string, string>> = {
  "\u00b4": "\u0301",
  "`": "\u0300",
  "\u00a8": "\u0308",
  "\u02c6": "\u0302",
  "\u02dc": "\u0303",
  "\u02c7": "\u030c",
  "\u00b8": "\u0327",
  "\u02da": "\u030a",
  "\u00af": "\u0304",
  "\u02d9": "\u0307",
  "\u02dd": "\u030b",
  "\u02d8": "\u0306",
  "\u02db": "\u0328",
};

function directionOf(dx: number, dy: number): Direction {
  const [x, y] = [Math.abs(dx), Math.abs(dy)];
  if (y <= 0.05 * x) return dx >= 0 ? "right" : "left";
  if (x <= 0.05 * y) return dy > 0 ? "down" : "up";
  return "slanted";
}

function isRightToLeft(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x590) continue;
    if (code <= 0x8ff || (code >= 0xfb1d && code <= 0xfdff) || (code >= 0xfe70 && code <= 0xfefc)) return true;
  }
  return false;
}

/** Turns glyphs from their order on the page into the order of reading; numbers and Latin letters keep theirs. */
function inReadingOrder(parts: readonly string[]): string {
  const ordered: string[] = [];
  let leftToRight: string[] = [];
  for (const part of parts.toReversed()) {
    if (/[\p{Nd}\p{Script=Latin}]/u.test(part) && !isRightToLeft(part)) {
      leftToRight.unshift(part);
    } else if (leftToRight.length > 0 && /^[.,:/]$/.test(part)) {
      leftToRight.unshift(part);
    } else {
      ordered.push(...leftToRight, part);
      leftToRight = [];
    }
  }
  return [...ordered, ...leftToRight].join("");
}

/** Bullets of the Symbol and Wingdings fonts, which have no meaning outside of them. */
const symbols: Readonly<Record<string, string>> = {
  "\uf0b7": "•",
  "\uf0a7": "▪",
  "\uf0d8": "▸",
  "\uf0fc": "✓",
  "\uf0e0": "→",
  "\uf02d": "-",
  "\uf06f": "□",
  "\uf0b0": "°",
};

/** Replaces glyphs that stand for several letters, shapes of letters, spaces of special width, and symbol fonts. */
function plainText(text: string): string {
  if (text.length === 1 && text > " " && text < "\u007f") return text;
  const plain = text
    .replace(/[\ufb00-\ufdc7\ufe70-\ufefc]/g, (glyph) => glyph.normalize("NFKC").trim())
    .replace(/[\s\u00a0\u2000-\u200a\u202f]+/g, " ")
    .replace(/[\u200b\ufeff]/g, "")
    .replace(/[\uf000-\uf0ff]/g, (glyph) => symbols[glyph] ?? glyph);
  return plain.length > 1 ? plain.trim() : plain;
}
