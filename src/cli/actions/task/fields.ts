/** What a task is to say, from flags or from a file. */
import { readFile } from "node:fs/promises";
import { text as textIn } from "node:stream/consumers";
import { parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError, InputError, messageOf, UsageError } from "../../../errors.js";
import { ratingTypes, type KilnRequirement, type TaskFields } from "../../../pipeline/projects/index.js";
import type { TaskFieldFlags } from "../../task.js";

export type WantedFields = Partial<TaskFields> & { data_guide?: string };

const requirement = z.strictObject({
  name: z.string(),
  instruction: z.string(),
  description: z.string().nullish(),
  priority: z.number().int().min(0).max(3).default(2),
  type: z.enum(ratingTypes).default("five_star"),
});

/** A schema may be written as it is, or as text. */
const schema = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .transform((value) => (typeof value === "string" ? value : JSON.stringify(value)));

const fileSchema = z.strictObject({
  name: z.string(),
  instruction: z.string(),
  description: z.string().nullish(),
  requirements: z.array(requirement).default([]),
  input_schema: schema.nullish(),
  output_schema: schema.nullish(),
  thinking_instruction: z.string().nullish(),
  data_guide: z.string().nullish(),
});

/** @throws {InputError} {ConfigError} naming the file and the key that is wrong */
export function fieldsInText(text: string, file: string): WantedFields & Pick<TaskFields, "name" | "instruction"> {
  const document = parseDocument(text.replace(/^\uFEFF/, ""));
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ConfigError(`${file} is not YAML: ${problem.message.split("\n")[0] ?? ""}`, {
      remedy: "correct the line",
    });
  const parsed = fileSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join(".") ?? "";
    throw new ConfigError(`${file} describes no task: ${at === "" ? "" : `${at}: `}${issue?.message ?? ""}`, {
      remedy: "see quern task init --help",
    });
  }
  const { input_schema, output_schema, requirements, data_guide, ...others } = parsed.data;
  return {
    name: asKilnWants(others.name),
    instruction: others.instruction,
    description: others.description ?? null,
    thinking_instruction: others.thinking_instruction ?? null,
    requirements: requirements.map(({ description, ...one }) => ({ ...one, description: description ?? null })),
    input_json_schema: input_schema ?? null,
    output_json_schema: output_schema ?? null,
    ...(data_guide === undefined || data_guide === null ? {} : { data_guide }),
  };
}

/** @returns what the flags say; empty texts where they take something away */
export async function fieldsInFlags(flags: TaskFieldFlags): Promise<WantedFields> {
  const fields: WantedFields = {};
  if (flags.name !== undefined) fields.name = asKilnWants(flags.name);
  if (flags.instruction !== undefined) fields.instruction = await given("--instruction", flags.instruction);
  if (flags.description !== undefined) fields.description = orNull(flags.description);
  if (flags.thinkingInstruction !== undefined)
    fields.thinking_instruction = orNull(await given("--thinking-instruction", flags.thinkingInstruction));
  if (flags.requirement !== undefined) fields.requirements = flags.requirement.map(requirementIn);
  if (flags.inputSchema !== undefined) fields.input_json_schema = await schemaIn("--input-schema", flags.inputSchema);
  if (flags.outputSchema !== undefined)
    fields.output_json_schema = await schemaIn("--output-schema", flags.outputSchema);
  if (flags.dataGuide !== undefined) fields.data_guide = await given("--data-guide", flags.dataGuide);
  return fields;
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}

/** Kiln takes letters with accents as letter and accent alone; nobody types them so. */
function asKilnWants(name: string): string {
  return name.normalize("NFKD").trim();
}

/** `Name: instruction`, with priority and type in brackets behind the name. */
function requirementIn(text: string): Pick<KilnRequirement, "name" | "instruction" | "priority" | "type"> {
  const [, name, more, instruction] = /^\s*([^:[\]]+?)\s*(?:\[([^\]]*)\])?\s*:\s*([\s\S]+)$/.exec(text) ?? [];
  if (name === undefined || instruction === undefined)
    throw new UsageError(`--requirement "${text}": it is not a name and an instruction`, {
      remedy: 'write "Short: At most ten words."',
    });
  let priority = 2;
  let type: KilnRequirement["type"] = "five_star";
  for (const part of (more ?? "").split(",").map((one) => one.trim())) {
    if (part === "") continue;
    if (/^[0-3]$/.test(part)) priority = Number(part);
    else if ((ratingTypes as readonly string[]).includes(part)) type = part as KilnRequirement["type"];
    else
      throw new UsageError(`--requirement "${text}": ${part} is neither a priority nor a type`, {
        remedy: `a priority is 0 to 3, a type one of ${ratingTypes.join(", ")}`,
      });
  }
  return { name, instruction: instruction.trim(), priority, type };
}

/** A text, or what stands in the file that it names with `@`. */
export async function given(flag: string, text: string): Promise<string> {
  if (!text.startsWith("@")) return text;
  return await readGiven(flag, text.slice(1));
}

/** @param file `-` for stdin */
export async function readGiven(flag: string, file: string): Promise<string> {
  try {
    const text = file === "-" ? await textIn(process.stdin) : await readFile(file, "utf8");
    return text.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
  } catch (error) {
    throw new InputError(`${flag}: ${file} cannot be read: ${messageOf(error)}`, {
      remedy: "check the path",
      cause: error,
    });
  }
}

/** A schema as text, or the file it stands in. */
async function schemaIn(flag: string, text: string): Promise<string | null> {
  if (text.trim() === "") return null;
  if (/^\s*\{/.test(text)) return text;
  return (await readGiven(flag, text.replace(/^@/, ""))).trim();
}
