/**
 * Removes from a text what no reader sees and what breaks tools later: line ends become `\n`, control characters and
 * byte order marks go, unpaired surrogates become U+FFFD. Every other character stays as it is in the source.
 *
 * @param text any string
 * @returns the same text, well-formed UTF-16
 */
export function cleanText(text: string): string {
  return (
    text
      .replace(/\r\n?|[\v\f]/g, "\n")
      // eslint-disable-next-line no-control-regex -- control characters are exactly what is meant
      .replace(/[\u0000-\u0008\u000e-\u001f\u007f\ufeff]/g, "")
      .replace(/\p{Surrogate}/gu, "\ufffd")
  );
}

/**
 * Cleans text that a converter wrote: as `cleanText`, and without spaces at line ends, without more than one empty
 * line in a row, without empty lines at the start and the end.
 *
 * @param text any string
 * @returns the tidied text; empty when there was nothing but white space
 */
export function tidyText(text: string): string {
  return cleanText(text)
    .replace(/[ \t\u00a0]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+/, "")
    .trimEnd();
}
