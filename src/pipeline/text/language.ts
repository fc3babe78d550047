/** The language of a text. */

/** Enough of a text to tell its language by; more only costs time. */
const mostCharacters = 4_000;

/** Tells the language of a text: its ISO 639-1 code, or undefined where it cannot be told. */
export type Detector = (text: string) => string | undefined;

let detector: Promise<Detector> | undefined;

/**
 * Loads what tells languages by their n-grams (the library eld: 60 languages), for those who cannot wait for each text.
 * @returns the detector; it looks at the first 4,000 characters of a text
 */
export function languageDetector(): Promise<Detector> {
  detector ??= import("eld/small").then(({ eld }) => (text) => {
    const found = eld.detect(text.slice(0, mostCharacters));
    return found.language !== "" && found.isReliable() ? found.language : undefined;
  });
  return detector;
}

/**
 * Detects the language of a text.
 * @param text any string; its first 4,000 characters are looked at
 * @returns the ISO 639-1 code, lower case: `en`; undefined where it cannot be told, as for texts of a few words
 */
export async function languageOf(text: string): Promise<string | undefined> {
  return (await languageDetector())(text);
}

/** The English name of a language: `de` gives `German`; the code itself where it is not known. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
