/** How records are made of documents. */
import { z } from "zod";
import { auto, chunkLength, positive } from "./common.js";

export const generationSection = z.object({
  temperature: z.number().min(0).max(2),
  top_p: z.number().gt(0).max(1),
  max_tokens: positive,
  chunk_size: z.union([auto, chunkLength]),
  overlap: z.union([auto, chunkLength]),
  num_pairs: positive.max(100_000),
  num_cot_examples: positive.max(100_000),
  enable_deduplication: z.boolean(),
  retries: z.number().int().nonnegative(),
  concurrency: z.union([auto, positive]),
  seed: z.number().int(),
});
