/** The texts that are put to the model; `pipeline/prompts.ts` knows their placeholders. */
import { z } from "zod";

export const promptsSection = z.object({
  summary: z.string(),
  qa_generation: z.string(),
  cot_generation: z.string(),
  cot_enhancement: z.string(),
  multimodal_qa_generation: z.string(),
  qa_rating: z.string(),
  qa_rating_batch: z.string(),
  groundedness: z.string(),
  topics: z.string(),
  inputs: z.string(),
  sample_check: z.string(),
  repair: z.string(),
});
