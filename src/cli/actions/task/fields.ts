/** What a task is to say, from flags or from a file. */
import { UsageError } from "../../../errors.js";
import { type KilnRequirement, ratingTypes, type TaskFields } from "../../../pipeline/projects/index.js";
import type { TaskFieldFlags } from "../../task.js";
import { textFlag } from "../text-flag.js";

/** Instructions and guides may be long, and schemas longer. */
export const mostTextCharacters = 1_000_000;

export type WantedRequirement = Pick<KilnRequirement, "name" | "instruction"> & Partial<KilnRequirement>;

export type WantedFields = Partial<TaskFields> & { data_guide?: string };

/**
 * @returns what the flags say; empty texts and nulls where they take something away
 * @throws {UsageError} {InputError} naming the flag
 */
export async function fieldsInFlags(flags: TaskFieldFlags): Promise<WantedFields> {
  if (flags.instruction !== undefined && flags.instructionFile !== undefined)
    throw new UsageError("--instruction and --instruction-file exclude each other", { remedy: "give one of them" });
  const instruction =
    flags.instructionFile === undefined
      ? await text("--instruction", flags.instruction)
      : await text("--instruction-file", `@${flags.instructionFile}`);
  const description = await text("--description", flags.description);
  const thinking = await text("--thinking-instruction", flags.thinkingInstruction);
  const input = await schemaIn("--input-schema", flags.inputSchema);
  const output = await schemaIn("--output-schema", flags.outputSchema);
  const guide = await text("--data-guide", flags.dataGuide);
  return {
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(instruction === undefined ? {} : { instruction }),
    ...(description === undefined ? {} : { description: orNull(description) }),
    ...(thinking === undefined ? {} : { thinking_instruction: orNull(thinking) }),
    ...(flags.requirement === undefined ? {} : { requirements: flags.requirement.map(requirementIn) }),
    ...(input === undefined ? {} : { input_json_schema: orNull(input) }),
    ...(output === undefined ? {} : { output_json_schema: orNull(output) }),
    ...(guide === undefined ? {} : { data_guide: guide }),
  };
}

async function text(flag: string, given: string | undefined): Promise<string | undefined> {
  return await textFlag(flag, given, mostTextCharacters);
}

function orNull(value: string): string | null {
  return value === "" ? null : value;
}

/** A schema as text, or the file it stands in. */
async function schemaIn(flag: string, given: string | undefined): Promise<string | undefined> {
  if (given === undefined || given.trim() === "" || /^\s*[{[]|^@|^(true|false)$/.test(given))
    return await text(flag, given);
  return await text(flag, `@${given}`);
}

/**
 * `Name: instruction`, with priority and type in brackets behind the name: `Name [0, pass_fail]: instruction`.
 * @throws {UsageError} saying what is missing
 */
export function requirementIn(given: string): WantedRequirement {
  const [, name, more, instruction] = /^\s*([^:[\]]+?)\s*(?:\[([^\]]*)\])?\s*:\s*([\s\S]+)$/.exec(given) ?? [];
  if (name === undefined || instruction === undefined)
    throw new UsageError(`the requirement "${given}" is not a name and an instruction`, {
      remedy: 'write "Short: At most ten words."',
    });
  const found: WantedRequirement = { name, instruction: instruction.trim() };
  for (const part of (more ?? "").split(",").map((one) => one.trim())) {
    if (part === "") continue;
    if (/^[0-3]$/.test(part)) found.priority = Number(part);
    else if ((ratingTypes as readonly string[]).includes(part)) found.type = part as KilnRequirement["type"];
    else
      throw new UsageError(`the requirement "${given}": ${part} is neither a priority nor a type`, {
        remedy: `a priority is 0 to 3, a type one of ${ratingTypes.join(", ")}`,
      });
  }
  return found;
}
