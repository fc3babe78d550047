/** Gets a document from a file, by parsing it, or from a dataset that holds it parsed. */
import path from "node:path";
import type { Document } from "../document.js";
import { recordedPath, stemOf } from "../files/names.js";
import { supportedExtensions } from "./formats.js";
import { lanceExtension, readDocument } from "./lance.js";
import { parseFile } from "./parse.js";

/** Whether a file can be ingested, by its name. */
export function isDocument(name: string): boolean {
  return supportedExtensions.includes(path.extname(name).toLowerCase());
}

/**
 * Parses a source file.
 * @returns the document, and what was noticed on the way
 * @throws {InputError} naming the file and the cause
 */
export async function parseDocument(file: string): Promise<{ document: Document; warnings: string[] }> {
  const { parsed, hash } = await parseFile(file);
  const { text, sections, mediaType, warnings } = parsed;
  return { document: { text, sections, mediaType, stem: stemOf(file), source: recordedPath(file), hash }, warnings };
}

/**
 * @param input a file, or the folder of a dataset
 * @throws {InputError}
 */
export async function loadDocument(input: string): Promise<{ document: Document; warnings: string[] }> {
  if (input.endsWith(lanceExtension)) return { document: await readDocument(input), warnings: [] };
  return await parseDocument(input);
}
