/** HTML that is safe by construction: every value put into a template is text, unless it is HTML of our own. */

/** Markup made by {@link html}. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = string | number | Html | null | undefined | readonly Value[];

/** Signs that no HTML page may hold, as they can be shown. */
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/**
 * @param text any string, of a record or of anybody
 * @returns it as text of a page or value of an attribute in quotes
 */
export function escaped(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(unprintable, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/** A template of markup: `html\`<p>${anything}</p>\``. Attributes must stand in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, at) => part + (at < values.length ? markupOf(values[at]) : "")).join(""));
}

function markupOf(value: Value): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(markupOf).join("");
  return escaped(typeof value === "number" ? formatNumber(value) : value);
}

/** A number as people read it: thousands apart, three significant digits behind the point. */
export function formatNumber(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-GB", { maximumFractionDigits: digits });
}

/** A share of 0 to 1 as a percentage; what is not nothing is not shown as nothing. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.005) return "< 1 %";
  if (share < 1 && share > 0.995) return "> 99 %";
  return `${Math.round(100 * share)} %`;
}
