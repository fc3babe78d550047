/** Types that several sections of the configuration use. */
import { z } from "zod";
import { type ChunkLength, parseChunkLength } from "../lengths.js";

export const auto = z.literal("auto");
export const positive = z.number().int().positive();
export const seconds = z.number().nonnegative();

export const chunkLength = z
  .union([z.number().int().nonnegative(), z.string()])
  .transform((value, context): ChunkLength => {
    const length = parseChunkLength(String(value));
    if (length !== undefined) return length;
    context.addIssue({ code: "custom", message: 'expected a number of characters, or for example "512 tokens"' });
    return z.NEVER;
  });

export const orAuto = <T extends z.ZodType>(type: T) => z.union([auto, type]);
