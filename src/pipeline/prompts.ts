/** Prompts are texts with placeholders, which the user may replace in the configuration. */
import { createHash } from "node:crypto";
import { ConfigError } from "../errors.js";

/** The placeholders a prompt must have, and those it may have. */
const placeholders = {
  summary: { required: ["text"], optional: [] },
  qa_generation: { required: ["text"], optional: ["num_pairs", "summary"] },
  cot_generation: { required: ["text"], optional: ["num_examples", "summary"] },
  qa_rating: { required: [], optional: ["text", "question", "answer", "pairs", "count", "rubric"] },
  groundedness: { required: ["text", "question", "answer"], optional: [] },
  qa_rating_batch: { required: ["pairs"], optional: ["text", "count", "rubric"] },
} as const;

export type PromptName = keyof typeof placeholders;

export interface Prompt {
  name: PromptName;
  /** Name and hash of the text: recorded with every answer. */
  version: string;
  /** Whether the text has this placeholder. */
  uses(placeholder: string): boolean;
  /** Puts values in place of placeholders. Braces around anything else stay as they are. */
  render(values: Readonly<Record<string, string>>): string;
}

/**
 * @param template the text from the configuration
 * @throws {ConfigError} when a placeholder that it needs is missing
 */
export function compilePrompt(name: PromptName, template: string): Prompt {
  const { required, optional } = placeholders[name];
  const known: readonly string[] = [...required, ...optional];
  const pattern = new RegExp(`\\{(${known.join("|")})\\}`, "g");
  // Prompts for Python's str.format double every brace that is meant literally.
  const unescaped = isFormatEscaped(template, pattern) ? template.replace(/\{\{|\}\}/g, (pair) => pair[0]!) : template;
  // synthetic-data-kit's summary prompts are instructions only, and the document follows as a message of its own.
  const text = name === "summary" && !unescaped.includes("{text}") ? withText(unescaped) : unescaped;
  const uses = (placeholder: string) => text.includes(`{${placeholder}}`);
  for (const placeholder of required)
    if (!uses(placeholder))
      throw new ConfigError(`prompts.${name} has no placeholder {${placeholder}}`, {
        remedy: `put {${placeholder}} where ${placeholder === "text" ? "the document's text belongs" : `the ${placeholder} belong`}`,
      });
  if (name === "qa_rating" && !uses("pairs") && !(uses("question") && uses("answer")))
    throw new ConfigError("prompts.qa_rating has neither {question} and {answer} nor {pairs}", {
      remedy: "put them where the pair to be rated belongs",
    });
  return {
    name,
    version: `${name}@${createHash("sha256").update(text).digest("hex").slice(0, 12)}`,
    uses,
    render: (values) => text.replace(pattern, (_, placeholder: string) => values[placeholder] ?? ""),
  };
}

function withText(instructions: string): string {
  return `${instructions.trimEnd()}\n\nText:\n---\n{text}\n---\n`;
}

/** Whether each brace is doubled, apart from those of placeholders. */
function isFormatEscaped(template: string, placeholder: RegExp): boolean {
  const rest = template.replace(placeholder, "");
  return /\{\{/.test(rest) && !/[{}]/.test(rest.replace(/\{\{|\}\}/g, ""));
}
