/** Finds the data that character recognition needs for a language: packages that are installed, never the network. */
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { InputError } from "../../../errors.js";

/** The smaller and quicker data first; the larger holds the same for recognition by the neural network. */
const folders = ["4.0.0_best_int", "4.0.0"];

/**
 * @param language as the recognition library names it (ISO 639-2/T): `eng`, `chi_sim`
 * @returns the folder that holds `<language>.traineddata.gz`
 * @throws {InputError} when its package is not installed
 */
export function languageFolder(language: string): string {
  if (!/^[a-z]{3}(_[a-z]+)*$/.test(language)) {
    throw new InputError(`"${language}" is not the code of a language for character recognition`, {
      remedy: 'Use codes of three letters such as "eng" or "deu".',
    });
  }
  const name = `@tesseract.js-data/${language}`;
  try {
    const root = path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const folder = folders
      .map((one) => path.join(root, one))
      .find((one) => existsSync(path.join(one, `${language}.traineddata.gz`)));
    if (folder !== undefined) return folder;
  } catch {
    // Not installed.
  }
  throw new InputError(`the data for character recognition of the language "${language}" is not installed`, {
    remedy: `Install it with: npm install ${name}`,
  });
}

/** A folder that holds the data of several languages. */
export interface LanguageData extends AsyncDisposable {
  folder: string;
}

/**
 * Puts the data of languages into one folder, as the recognition library wants it.
 *
 * @throws {InputError} when the package of one is not installed
 */
export async function languageData(languages: readonly string[]): Promise<LanguageData> {
  const found = languages.map((language) => ({ language, folder: languageFolder(language) }));
  if (found.length === 1) return { folder: found[0]!.folder, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-ocr-"));
  const dispose = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const { language, folder: from } of found) {
      const file = `${language}.traineddata.gz`;
      await copyFile(path.join(from, file), path.join(folder, file));
    }
  } catch (cause) {
    await dispose();
    throw cause;
  }
  return { folder, [Symbol.asyncDispose]: dispose };
}
