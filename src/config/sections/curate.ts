/** Which records are kept: the judge, and the checks. */
import { z } from "zod";
import { positive } from "./common.js";

/** YAML 1.1 habits: `off` may arrive as false. */
const action = z.union([z.enum(["off", "flag", "drop"]), z.literal(false).transform(() => "off" as const)]);
const share = z.number().min(0).max(1);
const range = z.tuple([z.number().nonnegative(), z.number().positive()]);
const difficulties = z.enum(["easy", "medium", "hard"]);

/** A check per key. Each takes an object with `action`, or the action alone. */
const checks = z.object({
  coherence: z.object({ action }),
  groundedness: z.object({
    action,
    ask_model: z.enum(["auto", "always", "never"]),
    supported: share,
    unsupported: share,
  }),
  difficulty: z.object({ action, keep: z.array(difficulties).min(1) }),
  contamination: z.object({ action, ngram: positive.max(100), overlap: share.gt(0) }),
  personal_data: z.object({
    action: z.union([action, z.literal("mask")]),
    families: z.array(z.string()),
    country: z.string().regex(/^([A-Za-z]{2})?$/, "expected a country of two letters, such as US"),
  }),
  language: z.object({ action, expected: z.string().min(2) }),
  length: z.object({
    action,
    question_words: range,
    answer_words: range,
    question_characters: range,
    answer_characters: range,
    answer_to_question: range,
  }),
  exact_duplicates: z.object({ action }),
  near_duplicates: z.object({ action, threshold: share.gt(0), permutations: positive.max(1024) }),
  semantic_duplicates: z.object({ action, threshold: share.gt(0) }),
  diversity: z.object({
    action: z.union([z.enum(["off", "flag"]), z.literal(false).transform(() => "off" as const)]),
    sample: positive.max(5000),
  }),
  judge: z.object({ action }),
});

/** A model that turns texts into vectors, for all that compares by meaning. Neither named: nothing is compared so. */
const embedding = z.object({
  model: z.string(),
  api_base: z.string(),
  api_key: z.string(),
  batch_size: positive.max(2048),
});

export const curateSection = z.object({
  threshold: z.number().min(1).max(10),
  temperature: z.number().min(0).max(2),
  batch_size: positive.max(50),
  inference_batch: z.union([z.literal("auto"), positive]),
  rubric: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "expected a name of lower-case letters"), z.string()),
  contamination: z.object({ files: z.array(z.string().min(1)) }),
  embedding,
  checks,
});
