/** How data is made of a task's description. */
import { z } from "zod";
import { auto, positive } from "./common.js";

const share = z.number().min(0).max(1);

export const synthesisSection = z.object({
  topics: positive.max(1000),
  depth: z.number().int().min(0).max(12),
  inputs: positive.max(100_000),
  temperature: z.number().min(0).max(2),
  output_temperature: z.number().min(0).max(2),
  similarity_threshold: share.gt(0),
  topics_per_request: z.union([auto, positive.max(200)]),
  inputs_per_request: z.union([auto, positive.max(200)]),
  barren_requests: positive.max(100),
  hedge: z.boolean(),
  repair_temperature: z.number().min(0).max(2),
  judge_temperature: z.number().min(0).max(2),
  judge_attempts: positive.max(20),
});
