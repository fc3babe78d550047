/** The list of models known to suit the work, that comes with quern: `models/catalogue.yaml`. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError, messageOf } from "../errors.js";
import { memoryClasses } from "./sizes.js";

const count = z.int().min(1);
const repo = z.string().regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name");

/** A part of the layers, and what each of them keeps in the cache. */
const layerGroup = z.strictObject({
  /** How many of the layers. */
  layers: count,
  keyValueHeads: count.optional(),
  headDim: count.optional(),
  /** Only so many last tokens are kept. */
  window: count.optional(),
  /** A state of this many bytes is kept for each sequence, whatever its length. */
  stateBytes: count.optional(),
});

const entrySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  name: z.string().min(1),
  /** What it does well enough: write records, rate them. */
  roles: z.array(z.enum(["generate", "judge"])).min(1),
  /** GiB of memory that the GGUF file is for. */
  memory: z.literal([...memoryClasses]),
  /** Parameters, and those that compute for one token. */
  parameters: z.strictObject({ total: count, active: count }),
  /** As the model's card names it. */
  licence: z.string().min(1),
  /** What the licence asks for, and what is peculiar to the model. */
  notes: z.string().optional(),
  /** Tokens it was trained with. */
  context: count,
  architecture: z.strictObject({
    /** In GGUF files, and in config.json. */
    gguf: z.string().min(1),
    safetensors: z.string().min(1),
    layers: count,
    heads: count,
    keyValueHeads: count,
    headDim: count,
    embedding: count,
    /** Of all experts that one token visits. */
    feedForward: count,
    vocabulary: count,
    /** The output layer is the embedding: it is stored once. */
    tied: z.boolean(),
    /** Where not all layers keep the whole context. */
    cache: z.array(layerGroup).min(1).optional(),
  }),
  gguf: z
    .strictObject({ repo, quantization: z.string().optional(), file: z.string().optional(), bytes: count })
    .refine((one) => (one.quantization === undefined) !== (one.file === undefined), "needs quantization or file"),
  /** `dtype` as config.json has it, or the quantization; bytes where they are known. */
  safetensors: z.strictObject({ repo, bytes: count.nullable(), dtype: z.string() }).nullable(),
  /** Where each group of facts was seen, as `references` names it. */
  sources: z.record(z.string(), z.string().min(1)),
});

const catalogueSchema = z.strictObject({
  /** The day the sources were read: YYYY-MM-DD. */
  checked: z.iso.date(),
  references: z.record(z.string(), z.string().min(1)),
  models: z.array(entrySchema),
});

export type CatalogueEntry = z.infer<typeof entrySchema>;

let loaded: z.infer<typeof catalogueSchema> | undefined;

function load(): z.infer<typeof catalogueSchema> {
  if (loaded !== undefined) return loaded;
  const file = new URL("../../models/catalogue.yaml", import.meta.url);
  try {
    return (loaded = catalogueSchema.parse(parse(readFileSync(file, "utf8"))));
  } catch (error) {
    throw new ConfigError(`the catalogue of models cannot be read: ${messageOf(error)}`, {
      remedy: "install quern again",
      cause: error,
    });
  }
}

/** Models that suit the work, those for little memory first. */
export function catalogue(): readonly CatalogueEntry[] {
  return load().models;
}

/** The day on which the catalogue's facts were looked up: YYYY-MM-DD. */
export function catalogueDate(): string {
  return load().checked;
}

/** What was read and where, by the names that the entries' `sources` use. */
export function catalogueReferences(): Readonly<Record<string, string>> {
  return load().references;
}

/** What its files are pulled from: the GGUF file first. */
export function sourcesOf({ gguf, safetensors }: CatalogueEntry): string[] {
  const first = `hf:${gguf.repo}${gguf.file === undefined ? `:${gguf.quantization!}` : `/${gguf.file}`}`;
  return safetensors === null ? [first] : [first, `hf:${safetensors.repo}`];
}
