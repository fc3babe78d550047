/** A task described in a file: YAML, or Markdown whose text is the instruction, with YAML before it. */
import { z } from "zod";
import { parseYaml } from "../../../config/yaml-file.js";
import { ConfigError, UsageError } from "../../../errors.js";
import { ratingTypes } from "../../../pipeline/projects/index.js";
import { requirementIn, type WantedFields, type WantedRequirement } from "./fields.js";

const priorities = z.number().int().min(0, "a priority is 0 to 3").max(3, "a priority is 0 to 3");
const fullRequirement = z.strictObject({
  name: z.string(),
  instruction: z.string(),
  description: z.string().nullish(),
  priority: priorities.optional(),
  type: z.enum(ratingTypes).optional(),
});

/** As `name` and `instruction`, or shortly as `Short: At most ten words.`, which YAML reads as a key and its value. */
const requirement = z.unknown().transform((value, context): WantedRequirement => {
  try {
    if (typeof value === "string") return requirementIn(value);
    if (typeof value === "object" && value !== null && !("name" in value)) {
      const [only, ...others] = Object.entries(value);
      if (only !== undefined && others.length === 0 && typeof only[1] === "string")
        return requirementIn(`${only[0]}: ${only[1]}`);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.addIssue({ code: "custom", message: `${error.message}; ${error.remedy ?? ""}` });
    return z.NEVER;
  }
  const parsed = fullRequirement.safeParse(value);
  if (parsed.success) {
    const { description, priority, type, ...rest } = parsed.data;
    return {
      ...rest,
      ...(description === undefined ? {} : { description }),
      ...(priority === undefined ? {} : { priority }),
      ...(type === undefined ? {} : { type }),
    };
  }
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
});

/** A schema may be written as it is, or as text. */
const schema = z
  .union([z.string(), z.record(z.string(), z.unknown())], "it is no JSON Schema")
  .transform((value) => (typeof value === "string" ? value : JSON.stringify(value)));

const fileSchema = z.strictObject({
  name: z.string().optional(),
  instruction: z.string().optional(),
  description: z.string().nullish(),
  requirements: z.array(requirement).nullish(),
  input_schema: schema.nullish(),
  output_schema: schema.nullish(),
  thinking_instruction: z.string().nullish(),
  data_guide: z.string().nullish(),
});

/** The keys that a file may have. */
export const taskFileKeys = Object.keys(fileSchema.shape);

const frontMatter = /^---[ \t]*\n([\s\S]*?)\n---[ \t]*\n([\s\S]*)$/;

/**
 * @param file its name, for messages
 * @returns what the file says; a key without a value takes away what it is about
 * @throws {ConfigError} naming the file, and the key and line that is wrong
 */
export function fieldsInText(text: string, file: string): WantedFields {
  const { yaml, body } = parts(text.replace(/\r\n?/g, "\n"), file);
  const { value = {}, lineOf } = parseYaml(yaml, file);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError(`${file} describes no task: it has no keys such as "name:"`, {
      remedy: "see quern task init --help",
    });
  if (body !== undefined && "instruction" in value)
    throw new ConfigError(`${file} has two instructions: a key, and the text below`, { remedy: "leave one out" });
  const parsed = fileSchema.safeParse(body === undefined ? value : { ...value, instruction: body });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? "") : (issue?.path.join(".") ?? "");
    const line = lineOf(key) ?? lineOf(key.split(".")[0] ?? "");
    const what =
      issue?.code === "unrecognized_keys"
        ? `there is no such key; there are ${taskFileKeys.join(", ")}`
        : issue?.message;
    throw new ConfigError(`${file}${line === undefined ? "" : `, line ${line}`}: ${key}: ${what ?? ""}`, {
      remedy: "see quern task init --help",
    });
  }
  const {
    name,
    instruction,
    description,
    requirements,
    input_schema,
    output_schema,
    thinking_instruction,
    data_guide,
  } = parsed.data;
  const fields = {
    name: name?.trim(),
    instruction: instruction?.trim(),
    description,
    requirements: requirements === null ? [] : requirements,
    input_json_schema: input_schema,
    output_json_schema: output_schema,
    thinking_instruction,
    data_guide: data_guide === null ? "" : data_guide,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, given]) => given !== undefined));
}

/** The YAML of a file, and the text below it, which is the instruction. */
function parts(text: string, file: string): { yaml: string; body?: string } {
  const [, yaml, body] = frontMatter.exec(text) ?? [];
  if (yaml !== undefined && body !== undefined && body.trim() !== "") return { yaml, body };
  if (!/\.(md|markdown)$/i.test(file) || yaml !== undefined) return { yaml: yaml ?? text };
  // Markdown alone: its heading is the name.
  const [, name, rest = ""] = /^\s*#\s+(.+?)\s*#*\s*\n([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined)
    throw new ConfigError(`${file} describes no task: it begins neither with --- nor with a heading`, {
      remedy: 'write "# Name of the task" on its first line, and the instruction below',
    });
  return { yaml: `name: ${JSON.stringify(name)}`, body: rest };
}
