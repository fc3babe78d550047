/**
 * What a configuration may say, a file per section in `sections/`. The names are those of synthetic-data-kit's
 * config.yaml where they mean the same.
 */
import { z } from "zod";
import { backendSections } from "./sections/backends.js";
import { curateSection } from "./sections/curate.js";
import { formatSection } from "./sections/format.js";
import { generationSection } from "./sections/generation.js";
import { ingestSection } from "./sections/ingest.js";
import { promptsSection } from "./sections/prompts.js";
import { synthesisSection } from "./sections/synthesis.js";

export const configSchema = z.object({
  paths: z.object({
    input: z.string(),
    output: z.object({ parsed: z.string(), generated: z.string(), curated: z.string(), final: z.string() }),
  }),
  ...backendSections,
  ingest: ingestSection,
  generation: generationSection,
  synthesis: synthesisSection,
  curate: curateSection,
  format: formatSection,
  prompts: promptsSection,
});

export type Config = z.output<typeof configSchema>;
