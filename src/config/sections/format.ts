/** How datasets are written. */
import { z } from "zod";

export const formatSection = z.object({
  default: z.string(),
  include_metadata: z.boolean(),
  pretty_json: z.boolean(),
  system: z.string(),
  reasoning: z.enum(["include", "think-tags", "drop"]),
  strategy: z.enum(["final_only", "two_message_cot", "final_and_intermediate", "final_and_intermediate_r1_compatible"]),
  thinking: z.string(),
  thinking_input: z.string(),
  final_request: z.string(),
  splits: z.record(z.string(), z.number()),
  license: z.string(),
  trainers: z.union([z.string(), z.array(z.string()).transform((names) => names.join(","))]),
});
