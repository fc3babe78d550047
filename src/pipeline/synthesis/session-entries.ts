/** What stands in a session's log: one line for each thing that happened. Later lines win over earlier ones. */
import { z } from "zod";
import { labelSchema, settingsSchema } from "./settings.js";

const path = z.array(z.string()).readonly();
const id = z.string().min(1);

/** Where a text came from. */
const origin = z.object({
  /** A model's name; absent: a person wrote it. */
  model: z.string().optional(),
  /** What ran the model: `quern` for one in place, or the provider. */
  provider: z.string().optional(),
  seed: z.number().optional(),
  /** Name and hash of the prompt. */
  prompt: z.string().optional(),
  /** Who wrote it, or a file's name. */
  by: z.string().optional(),
});

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

export const outputSchema = z.object({
  text: z.string(),
  /** What the model thought before it answered. */
  chain_of_thought: z.string().optional(),
  /** What a model that thinks by itself wrote before its answer. */
  reasoning: z.string().optional(),
  origin,
  /** Kiln's id of the prompt. */
  prompt_id: z.string(),
  temperature: z.number(),
  top_p: z.number(),
  usage: z.object({ promptTokens: z.number(), cachedTokens: z.number(), completionTokens: z.number() }).optional(),
  /** The messages that led to it. */
  messages: z.array(message),
  verdict: z.object({ verdict: labelSchema, reason: z.string(), model: z.string() }).optional(),
  /** Not what it was meant to be, after all attempts; it is not saved unless asked for. */
  rejected: z.boolean().optional(),
});

export const entrySchema = z.union([
  z.object({ session: z.object({ id, created_at: z.string(), created_by: z.string() }), settings: settingsSchema }),
  z.object({ settings: settingsSchema }),
  z.object({ topic: path, origin }),
  z.object({ topic_removed: path }),
  z.object({ topic_renamed: path, to: z.string() }),
  z.object({
    input: z.object({ id, topic: path, text: z.string(), label: labelSchema, of: id.optional(), origin }),
  }),
  z.object({ output: z.object({ id }).extend(outputSchema.shape) }),
  z.object({ input_edited: z.object({ id, text: z.string(), by: z.string() }) }),
  z.object({ output_removed: id }),
  z.object({ removed: id }),
  z.object({ tagged: z.object({ id, tag: z.string() }) }),
  z.object({ saved: id }),
  z.object({ closed: z.boolean() }),
]);

export type SessionEntry = z.output<typeof entrySchema>;
export type Origin = z.output<typeof origin>;
export type SampleOutput = z.output<typeof outputSchema>;
