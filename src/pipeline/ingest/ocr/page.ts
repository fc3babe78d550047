/** Recognised words as the words of a page, so that columns, tables and headings are found as in any other. */
import { median } from "../pdf/geometry.js";
import { layOut, type Page } from "../pdf/page.js";
import type { Word } from "../pdf/words.js";
import { isNoise, type PictureText } from "./picture.js";

/** Sizes that differ by less are one font size: recognition measures them roughly. */
const tolerance = 0.2;

/**
 * @param text of the whole page
 * @param scale pixels for each point (1/72 inch)
 * @param number of the page, from 1
 */
export function pageOf(text: PictureText, scale: number, number: number): Page {
  const words = text.words.filter((word) => !isNoise(word));
  const usual = median(words.map((word) => word.size));
  const own = words.map((word): Word => {
    const size = Math.abs(word.size - usual) < tolerance * usual ? usual : word.size;
    return {
      text: word.text,
      x0: word.x0 / scale,
      x1: word.x1 / scale,
      y: word.baseline / scale,
      size: size / scale,
      font: "",
      bold: false,
      fixed: false,
      spaced: true,
      rightToLeft: /[\u0590-\u08ff]/.test(word.text),
    };
  });
  const empty = { down: [], left: [], up: [], vertical: [], slanted: [] };
  const [width, height] = [text.width / scale, text.height / scale];
  return layOut(
    { width, height, words: { right: own, ...empty }, rules: [], drawings: [], placements: [], unknown: 0, outside: 0 },
    number,
  );
}
