import type { PDFDocumentProxy } from "pdfjs-dist";
import type { OutlineEntry } from "./headings.js";

/** A document with more entries is a hostile one, or its outline says nothing about headings. */
const most = 10_000;
const deepest = 12;

interface Item {
  title?: string;
  items?: Item[];
}

/**
 * @param document an open PDF
 * @returns the entries of its outline (bookmarks); none where it has none, or a damaged one
 */
export async function readOutline(document: PDFDocumentProxy): Promise<OutlineEntry[]> {
  const entries: OutlineEntry[] = [];
  const walk = (items: readonly Item[], level: number): void => {
    for (const { title, items: below } of items) {
      if (entries.length >= most) return;
      if (title !== undefined && title.trim() !== "") entries.push({ title, level });
      if (below && level < deepest) walk(below, level + 1);
    }
  };
  try {
    const items: unknown = await document.getOutline();
    if (Array.isArray(items)) walk(items as Item[], 1);
  } catch {
    // Headings are then found by their size.
  }
  return entries;
}
