/** How datasets are written. */
import { z } from "zod";

export const formatSection = z.object({ default: z.string() });
