/** The files that describe a dataset: its card, and what trainers read. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, OutputError } from "../../errors.js";
import { writeFileAtomic } from "../files/write.js";
import { isObject } from "../records/chat.js";
import type { DatasetOptions } from "./options.js";
import {
  axolotlYaml,
  llamaFactoryEntries,
  type TrainerInput,
  type TrainerName,
  trainerNames,
  unreadable,
} from "./trainers.js";

export interface Description {
  options: DatasetOptions;
  trainer: TrainerInput;
  /** The card's text, given the names of the files for trainers. */
  card: (trainerFiles: readonly string[]) => Promise<string>;
  /** Where the dataset is being written, and where it will stand. */
  place: string;
  output: string;
  isFolder: boolean;
}

/** LLaMA-Factory looks for this name in the folder that it is given. */
const llamaFactoryFile = "dataset_info.json";

/**
 * Writes into the folder of the dataset; or beside it, where the dataset is a file.
 * @returns what the user should know
 * @throws {OutputError}
 */
export async function writeBeside(description: Description): Promise<string[]> {
  const { options, trainer, card, place, output, isFolder } = description;
  const notes: string[] = [];
  const asked = options.trainers === "auto" ? (isFolder ? trainerNames : []) : options.trainers;
  const reason = unreadable(trainer);
  if (reason !== undefined && asked.length > 0 && options.trainers !== "auto")
    notes.push(`${output}: no files for trainers: ${reason}`);
  const files: string[] = [];
  if (reason === undefined)
    for (const name of asked)
      files.push(await (isFolder ? writeWithin(name, trainer, place) : writeNextTo(name, trainer, output)));
  if (options.card ?? isFolder) {
    const target = isFolder ? path.join(place, "README.md") : cardPath(output);
    await writeFileAtomic(target, await card(files));
    if (options.license === "unknown")
      notes.push(`${output}: the card says "license: unknown"; give it with --license`);
  }
  return notes;
}

/** The card of a dataset that is a file. */
export function cardPath(output: string): string {
  return path.join(path.dirname(output), `${path.basename(output, path.extname(output))}.README.md`);
}

async function writeWithin(name: TrainerName, trainer: TrainerInput, folder: string): Promise<string> {
  if (name === "axolotl") {
    await writeFileAtomic(path.join(folder, "axolotl.yaml"), axolotlYaml(trainer));
    return "axolotl.yaml";
  }
  // A folder of Hugging Face's has a file of that name, which is another.
  const isTaken = trainer.storage.name === "hf";
  const files = isTaken ? new Map([...trainer.files].map(([split, file]) => [split, `../${file}`])) : trainer.files;
  const file = isTaken ? path.join("llama-factory", llamaFactoryFile) : llamaFactoryFile;
  const entries = llamaFactoryEntries({ ...trainer, files });
  await writeFileAtomic(path.join(folder, file), `${JSON.stringify(entries, null, 2)}\n`);
  return file.replaceAll("\\", "/");
}

async function writeNextTo(name: TrainerName, trainer: TrainerInput, output: string): Promise<string> {
  const folder = path.dirname(output);
  if (name === "axolotl") {
    const file = `${trainer.name}.axolotl.yaml`;
    await writeFileAtomic(path.join(folder, file), axolotlYaml(trainer));
    return file;
  }
  // One file describes all datasets of a folder.
  const file = path.join(folder, llamaFactoryFile);
  const known = await readEntries(file);
  await writeFileAtomic(file, `${JSON.stringify({ ...known, ...llamaFactoryEntries(trainer) }, null, 2)}\n`);
  return llamaFactoryFile;
}

async function readEntries(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new OutputError(`cannot read ${file}: ${messageOf(error)}`, {
      remedy: "choose another output with -o",
      cause: error,
    });
  }
  const known = parsed(text);
  if (isObject(known) && Object.values(known).every((entry) => isObject(entry)) && !("features" in known)) return known;
  throw new OutputError(`${file} is there and is not LLaMA-Factory's, so no entry can be added`, {
    remedy: "choose another folder with -o",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
