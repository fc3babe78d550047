/** The library systeminformation, asked in a process of its own: it starts programs that may hang. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";

const main = fileURLToPath(new URL("./system-information-main.js", import.meta.url));

const answerSchema = z.object({
  cpu: z
    .object({
      manufacturer: z.string().optional(),
      brand: z.string().optional(),
      physicalCores: z.number().optional(),
      flags: z.string().optional(),
    })
    .optional(),
  graphics: z
    .object({
      controllers: z.array(
        z.object({
          vendor: z.string().nullish(),
          model: z.string().nullish(),
          /** MiB */
          vram: z.number().nullish(),
          vramDynamic: z.boolean().nullish(),
        }),
      ),
    })
    .optional(),
});
export type SystemInformation = z.infer<typeof answerSchema>;

/** @returns what it tells, or undefined with a problem noted */
export async function askSystemInformation(
  system: System,
  what: readonly ("cpu" | "graphics")[],
  notes: Notes,
  timeoutMs: number,
): Promise<SystemInformation | undefined> {
  const ran = await system.run(process.execPath, [main, ...what], { timeoutMs });
  const answer = parseSystemInformation(ran.stdout);
  if (answer === undefined) notes.problem(`systeminformation did not tell of ${what.join(", ")}: ${ran.detail}`);
  return answer;
}

/** @param text what the process printed; undefined where that is not an answer */
export function parseSystemInformation(text: string): SystemInformation | undefined {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
