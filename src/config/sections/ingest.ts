/** How documents are read. */
import { z } from "zod";

export const ingestSection = z.object({});
