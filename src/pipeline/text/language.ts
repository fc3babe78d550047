/** The language of a text. */

/** Enough of a text to tell its language by; more only costs time. */
const mostCharacters = 4_000;

let detector: Promise<{ detect(text: string): { language: string; isReliable(): boolean } }> | undefined;

/**
 * Detects the language of a text by its n-grams (the library eld: 60 languages).
 * @param text any string; its first 4,000 characters are looked at
 * @returns the ISO 639-1 code, lower case: `en`; undefined where it cannot be told, as for texts of a few words
 */
export async function languageOf(text: string): Promise<string | undefined> {
  detector ??= import("eld/small").then(({ eld }) => eld);
  const found = (await detector).detect(text.slice(0, mostCharacters));
  return found.language !== "" && found.isReliable() ? found.language : undefined;
}

/** The English name of a language: `de` gives `German`; the code itself where it is not known. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
