/** Finds a model by what the user called it. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import { catalogue, type CatalogueEntry, sourcesOf } from "./catalogue.js";
import { nearest } from "./nearest.js";
import { listModels, type StoredModel, storeFolder } from "./store.js";

export { fingerprintFile, fingerprintModel } from "./fingerprint.js";

/** The model that comes with quern. */
export const embeddedModelPath = fileURLToPath(new URL("../../models/quern-embedded.gguf", import.meta.url));

/**
 * @param name `embedded`, the path of a GGUF file or of a Hugging Face folder, or the name of a model of the store
 * @returns the absolute path of the file (the first part of a split model) or of the folder
 * @throws {InputError} when there is no such model
 */
export async function findModel(name: string): Promise<string> {
  if (name === "embedded") {
    if ((await kindOf(embeddedModelPath)) === "file") return embeddedModelPath;
    throw new InputError(`no model at ${embeddedModelPath}`, {
      remedy: "install quern again: it comes with this file",
    });
  }
  const kind = await kindOf(name);
  if (kind === "file") return path.resolve(name);
  if (kind === "folder" && (await isModelFolder(name))) return path.resolve(name);
  const stored = await findStored(name);
  if (stored === undefined) {
    if (kind === "folder")
      throw new InputError(`no model at ${name}: the folder has no config.json with .safetensors files`, {
        remedy: "give a GGUF file in it, or the folder of a Hugging Face model",
      });
    throw await notFound(name);
  }
  if (stored.damage.length > 0)
    throw new InputError(`the model ${stored.name} is not whole: ${stored.damage.join(", ")}`, {
      remedy: `remove it with \`quern models remove ${stored.name}\` and pull it again`,
    });
  return stored.path;
}

/**
 * A model of the store by its exact name, by a beginning that only one has, or by its id in the catalogue.
 * @throws {InputError} when several fit
 */
export async function findStored(name: string, store = storeFolder()): Promise<StoredModel | undefined> {
  const { models } = await listModels(store);
  const wanted = name.toLowerCase();
  const exact = models.filter((model) => model.name.toLowerCase() === wanted);
  if (exact.length > 0) return exact.find((model) => model.name === name) ?? exact[0];
  const entry = catalogue().find((one) => one.id === wanted);
  const ofEntry = entry === undefined ? [] : models.filter((model) => isOfEntry(model, entry));
  // The GGUF file where both formats are there: it is what runs everywhere.
  if (ofEntry.length > 0) return ofEntry.find((model) => model.format === "gguf") ?? ofEntry[0];
  if (wanted === "") return undefined;
  const beginning = models.filter((model) => model.name.toLowerCase().startsWith(wanted));
  if (beginning.length > 1)
    throw new InputError(`several models begin with ${name}: ${beginning.map((model) => model.name).join(", ")}`, {
      remedy: "give more of the name",
    });
  return beginning[0];
}

/** @throws {InputError} naming what there is when the store has no such model */
export async function requireStored(name: string, store = storeFolder()): Promise<StoredModel> {
  const found = await findStored(name, store);
  if (found !== undefined) return found;
  const { have, meant, notYet } = await whatThereIs(name, store);
  throw (
    notYet ??
    new InputError(`no model called ${name}${have}${meant}`, { remedy: "`quern models list` shows what there is" })
  );
}

/** It was pulled from what the entry of the catalogue names. */
export function isOfEntry(model: StoredModel, entry: CatalogueEntry): boolean {
  const source = model.manifest?.source;
  return source !== undefined && sourcesOf(entry).some((one) => one === source || source.startsWith(`${one}/`));
}

async function notFound(name: string): Promise<InputError> {
  const { have, meant, notYet } = await whatThereIs(name, storeFolder());
  const looksLikePath = /[/\\]|\.gguf$/i.test(name);
  return (
    notYet ??
    new InputError(`no model at ${name}${looksLikePath ? "" : `${have}${meant}`}`, {
      remedy:
        "give the path of a GGUF file or of a Hugging Face folder, a name that `quern models list` shows, " +
        'or "embedded" for the model that comes with quern',
    })
  );
}

/** Parts of an error about a name that the store does not know. */
async function whatThereIs(name: string, store: string) {
  const names = (await listModels(store)).models.map((model) => model.name);
  const ids = catalogue().map((entry) => entry.id);
  const near = nearest(name, [...names, ...ids]);
  return {
    have: `; the store has ${names.length === 0 ? "no models" : names.join(", ")}`,
    meant: near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`,
    notYet: ids.includes(name.toLowerCase())
      ? new InputError(`no model at ${name}: it is in the catalogue, and not in the store yet`, {
          remedy: `fetch it with \`quern models pull ${name.toLowerCase()}\``,
        })
      : undefined,
  };
}

async function kindOf(file: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? "file" : found?.isDirectory() === true ? "folder" : undefined;
}

async function isModelFolder(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.includes("config.json") && names.some((name) => name.endsWith(".safetensors"));
}
