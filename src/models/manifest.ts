/** `quern-model.json`: what a model in the store is, where it came from, and the hashes of its files. */
import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";

export const manifestName = "quern-model.json";

/** A path inside a model's folder: relative, with slashes, and never out of it. */
export function isInnerPath(text: string): boolean {
  return (
    text !== "" &&
    text !== manifestName &&
    // eslint-disable-next-line no-control-regex -- they are what must not be in a name
    !/[\\:\u0000-\u001f]/.test(text) &&
    !text.split("/").some((part) => part === "" || part === "." || part === "..")
  );
}

/** A model's name in the store, which is that of its folder. */
export function isModelName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(text) && !text.endsWith(".") && !/\.lock$/i.test(text);
}

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hex digits`);

const fileSchema = z.object({
  path: z.string().refine(isInnerPath, "must be a relative path inside the model's folder"),
  /** Bytes. */
  size: z.int().min(0),
  sha256: hex(64),
  /** The id that git has for it, where the source tells no SHA-256. */
  gitSha1: hex(40).optional(),
});

const manifestSchema = z
  .object({
    /** Version of this format. */
    quern_model: z.literal(1),
    name: z.string().refine(isModelName, "is no name of a model"),
    format: z.enum(["gguf", "safetensors"]),
    /** What `quern models pull` takes, without the revision. */
    source: z.string().min(1),
    /** The commit that the files are of. */
    revision: z.string().min(1),
    /** As the source names it; null where it does not. */
    licence: z.string().nullable(),
    quantization: z.string().nullable(),
    /** The file that is loaded, of a GGUF model: the first part of a split one. */
    entry: z.string().nullable(),
    /** When it was fetched, and when its hashes were last compared: ISO 8601. */
    pulled: z.iso.datetime(),
    verified: z.iso.datetime(),
    files: z.array(fileSchema).min(1),
  })
  .superRefine(({ format, entry, files }, context) => {
    const paths = files.map((file) => file.path.toLowerCase());
    if (new Set(paths).size < paths.length) context.addIssue({ code: "custom", message: "a file is listed twice" });
    if (format === "gguf" && !files.some((file) => file.path === entry))
      context.addIssue({ code: "custom", path: ["entry"], message: "is none of its files" });
    if (format === "safetensors" && !paths.includes("config.json"))
      context.addIssue({ code: "custom", message: "config.json is not listed" });
  });

export type ModelFile = z.infer<typeof fileSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * @param shownAs what the message calls it
 * @throws {InputError} when it is no manifest that can be used
 */
export function parseManifest(text: string, shownAs: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${shownAs} is not valid JSON: ${messageOf(error)}`, { remedy, cause: error });
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.map(String).join(".") ?? "";
  throw new InputError(`${shownAs} cannot be used: ${key === "" ? "" : `${key}: `}${issue?.message ?? ""}`, {
    remedy,
    cause: parsed.error,
  });
}

const remedy = "remove the model's folder and pull it again";

/** @throws {InputError} when it cannot be read or used */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${messageOf(error)}`, { remedy, cause: error });
  }
  const manifest = parseManifest(text, file);
  if (manifest.name.toLowerCase() !== path.basename(folder).toLowerCase())
    throw new InputError(`${file} is of the model ${manifest.name}, not of ${path.basename(folder)}`, {
      remedy: `rename the folder to ${manifest.name}`,
    });
  return manifest;
}

/** Writes the manifest aside and puts it in its place, on disk before this returns. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = path.join(folder, manifestName);
  const aside = `${file}.${process.pid}.tmp`;
  const handle = await open(aside, "w");
  try {
    await handle.writeFile(manifestText(manifest));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Bytes of all files. */
export function bytesOf(files: readonly { size: number }[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

/** Files of weights among others. */
export function isWeights(file: string): boolean {
  return /\.(gguf|safetensors)$/i.test(file) && !isProjector(file);
}

/** The part of a GGUF model that turns pictures into what the model reads; quern reads text only. */
export function isProjector(file: string): boolean {
  return /(^|\/)mmproj[^/]*\.gguf$/i.test(file);
}
