/** How records are made of documents. */
import { z } from "zod";
import { parseShares, type Share } from "../shares.js";
import { auto, chunkLength, positive } from "./common.js";

export const difficulties = ["easy", "medium", "hard"] as const;

const shares = (known?: readonly string[]) =>
  z.unknown().transform((value, context): Share[] => {
    const parsed = parseShares(value);
    const unknown = typeof parsed === "string" ? undefined : parsed.find(({ name }) => known?.includes(name) === false);
    if (typeof parsed !== "string" && unknown === undefined) return parsed;
    const message =
      typeof parsed === "string" ? parsed : `${unknown?.name ?? ""} is none of ${known?.join(", ") ?? ""}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

const language = z.string().transform((value, context): string => {
  const code = value.trim().toLowerCase();
  if (code === "auto" || code === "any" || isLanguage(code)) return code;
  context.addIssue({ code: "custom", message: `expected auto, any, or a language code such as de, not "${value}"` });
  return z.NEVER;
});

function isLanguage(code: string): boolean {
  if (!/^[a-z]{2,3}$/.test(code)) return false;
  return new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(code) !== undefined;
}

const count = positive.max(100_000);

export const generationSection = z.object({
  temperature: z.number().min(0).max(2),
  top_p: z.number().gt(0).max(1),
  max_tokens: positive,
  processing_strategy: z.enum(["auto", "single", "chunking"]),
  single_call_max_size: z.union([auto, z.number().int().nonnegative()]),
  chunk_size: z.union([auto, chunkLength]),
  overlap: z.union([auto, chunkLength]),
  max_context_length: z.union([auto, positive]),
  summary_overlap: chunkLength,
  num_pairs: count,
  num_cot_examples: count,
  num_cot_enhance_examples: count.nullable(),
  include_simple_steps: z.boolean(),
  question_types: shares(),
  difficulty: shares(difficulties),
  language,
  examples: z.string(),
  image_size: positive.min(56).max(8192),
  images_per_request: positive.max(64),
  image_tokens: z.union([auto, positive]),
  enable_deduplication: z.boolean(),
  similarity_threshold: z.number().gt(0).max(1),
  retries: z.number().int().nonnegative(),
  max_retries: z.union([auto, z.number().int().nonnegative()]),
  concurrency: z.union([auto, positive]),
  batch_size: z.union([auto, positive]),
  seed: z.number().int(),
});
