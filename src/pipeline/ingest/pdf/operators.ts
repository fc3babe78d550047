import type { PDFPageProxy } from "pdfjs-dist";
import { loadPdfjs } from "./open.js";

/** The operators of a page, as pdfjs hands them over. */
export interface Operators {
  fnArray: number[];
  argsArray: unknown[];
  /** Why what follows them was not read. */
  cut?: string;
}

/** More than this no page of text has; a million take some 120 MB. */
const mostOperators = 3_000_000;
/**
 * States that a page may save without restoring them; a faulty page may leave some thousand. What pdfjs needs for each
 * operator grows with them. ISO 32000-1, Annex C, speaks of 28.
 */
const mostSaved = 5000;

/** What pdfjs does with each part of the operators, and from where it takes them. */
interface Streaming {
  _renderPageChunk?: (chunk: { fnArray: number[]; length: number }, intent: Intent) => void;
}
interface Intent {
  streamReader: { read: () => Promise<unknown> } | null;
  operatorList: Operators;
}

/**
 * Reads the operators of a page until there are too many of them, or too many states are saved.
 *
 * @param page an open page; the caller releases it
 * @throws what pdfjs throws when the page is damaged
 */
export async function readOperators(page: PDFPageProxy): Promise<Operators> {
  const { OPS } = await loadPdfjs();
  const streaming = page as unknown as Streaming;
  const take = streaming._renderPageChunk?.bind(page);
  let [saved, total] = [0, 0];
  const cut = new Promise<Operators>((resolve) => {
    // pdfjs reads on only while someone takes what it has read, so it rests when nobody does.
    streaming._renderPageChunk = (chunk, intent) => {
      take?.(chunk, intent);
      for (const operator of chunk.fnArray) {
        if (operator === OPS.save) saved++;
        else if (operator === OPS.restore && saved > 0) saved--;
        if (saved > mostSaved) break;
      }
      total += chunk.length;
      if (saved <= mostSaved && total <= mostOperators) return;
      if (intent.streamReader) intent.streamReader.read = () => new Promise(() => undefined);
      const { fnArray, argsArray } = intent.operatorList;
      intent.operatorList = { ...intent.operatorList, fnArray: [], argsArray: [] };
      const reason =
        saved > mostSaved
          ? `it saves more than ${mostSaved.toLocaleString("en")} graphics states and does not restore them`
          : `it has more than ${mostOperators.toLocaleString("en")} operators`;
      resolve({ fnArray, argsArray, cut: reason });
    };
  });
  return await Promise.race([page.getOperatorList(), cut]);
}
