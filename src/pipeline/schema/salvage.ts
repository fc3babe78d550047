/**
 * Rescues what is complete of a JSON array whose text was cut off, as an answer is when it reaches its token limit.
 */

/**
 * Takes the text of a JSON array that may end anywhere and returns its complete leading elements.
 *
 * An element counts as complete when nothing that could follow would change it: strings, objects and arrays once they
 * are closed, numbers and literals only once a comma, a bracket or white space follows. Reading stops at the first
 * element that is not JSON. Takes time linear in the text.
 * @param text an array as of RFC 8259, cut off or not; white space before it is allowed
 * @returns the elements; undefined when the text is not an array or no element is complete
 */
export function salvageArray(text: string): unknown[] | undefined {
  const open = /^\s*\[/.exec(text);
  if (!open) return undefined;
  const elements: unknown[] = [];
  let at = open[0].length;
  for (;;) {
    const end = endOfElement(text, at);
    if (end === undefined) break;
    let element: unknown;
    try {
      element = JSON.parse(text.slice(at, end)) as unknown;
    } catch {
      break;
    }
    elements.push(element);
    at = end;
    while (isSpace(text.charCodeAt(at))) at++;
    if (text[at] !== ",") break;
    at++;
  }
  return elements.length > 0 ? elements : undefined;
}

/** The offset behind the element that starts at `start` (white space included), undefined when it is cut off. */
function endOfElement(text: string, start: number): number | undefined {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  let depth = 0;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      if (end === undefined) return undefined;
      if (depth === 0) return end;
      at = end - 1;
    } else if (char === "{" || char === "[") {
      depth++;
    } else if (char === "}" || char === "]") {
      // At depth 0 this bracket closes the array itself and ends a number or literal.
      if (depth <= 1) return depth === 1 ? at + 1 : at;
      depth--;
    } else if (depth === 0 && (char === "," || isSpace(text.charCodeAt(at)))) {
      return at;
    }
  }
  return undefined;
}

function endOfString(text: string, quote: number): number | undefined {
  for (let at = quote + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === '"') return at + 1;
  }
  return undefined;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
