/** Which records are kept. */
import { z } from "zod";

export const curateSection = z.object({
  threshold: z.number().min(1).max(10),
  temperature: z.number().min(0).max(2),
});
