/** Small documents and settings for tests that let the model work. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** A small context and few sequences: quick to load and to fill. */
export const smallConfig = `llama-cpp: {context: 1024, sequences: 4}
generation: {chunk_size: 120 tokens, max_tokens: 256, retries: 6}
`;

export async function writeConfig(folder: string, text: string = smallConfig, name = "config.yaml"): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

const subjects = ["mill", "river", "bridge", "harbour", "orchard", "tower", "market", "forge", "school", "garden"];

/** A document of several paragraphs about one thing; each differs from the others. */
export function documentText(number: number, paragraphs = 4): string {
  const subject = subjects[number % subjects.length]!;
  const lines = Array.from(
    { length: paragraphs },
    (_, i) =>
      `The ${subject} number ${number} was built in ${1700 + number * 7 + i}. It stands ${i + 2} miles from the town, because the ground there is firm. ` +
      `In its year ${i + 10} it was repaired by ${i + 3} workers, who used stone from the hill and wood from the forest.`,
  );
  return `${lines.join("\n\n")}\n`;
}

/** Writes documents `d0.txt`, `d1.txt`, ... */
export async function writeDocuments(folder: string, count: number, paragraphs?: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(path.join(folder, `d${i}.txt`), documentText(i, paragraphs));
}

export async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}

export async function readLines<T>(file: string): Promise<T[]> {
  return (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** All files below a folder, relative, sorted; journals and locks left out. */
export async function outputsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => !name.includes(".quern") && path.extname(name) === ".json").sort();
}
