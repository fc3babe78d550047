/** Prompts are texts with placeholders, which the user may replace in the configuration. */
import { createHash } from "node:crypto";
import { ConfigError } from "../errors.js";

/** What any prompt that makes questions may say where it wants it; what it does not say is put around it. */
const aboutQuestions = ["summary", "language", "examples", "question_types", "difficulty"] as const;

/** The placeholders a prompt must have, and those it may have. */
const placeholders = {
  summary: { required: ["text"], optional: ["language"] },
  qa_generation: { required: ["text"], optional: ["num_pairs", ...aboutQuestions] },
  cot_generation: { required: ["text"], optional: ["num_examples", ...aboutQuestions] },
  multimodal_qa_generation: { required: [], optional: ["text", "num_pairs", ...aboutQuestions] },
  cot_enhancement: { required: ["conversations"], optional: ["include_simple_steps", "language"] },
  qa_rating: { required: [], optional: ["text", "question", "answer", "pairs", "count", "rubric"] },
  groundedness: { required: ["text", "question", "answer"], optional: [] },
  qa_rating_batch: { required: ["pairs"], optional: ["text", "count", "rubric"] },
  topics: { required: ["task", "count"], optional: ["guidance", "known", "path", "side"] },
  inputs: { required: ["task", "count"], optional: ["guidance", "known", "topic"] },
  sample_check: { required: ["input", "output"], optional: ["task", "criterion"] },
  repair: { required: ["output", "instruction"], optional: ["task", "input"] },
} as const;

export type PromptName = keyof typeof placeholders;

export interface Prompt {
  name: PromptName;
  /** Name and hash of the text: recorded with every answer. */
  version: string;
  /** What looks like a placeholder and is none; it stays as it is. */
  unknown: readonly string[];
  /** Whether the text has this placeholder. */
  uses(placeholder: string): boolean;
  /** Puts values in place of placeholders. Braces around anything else stay as they are. */
  render(values: Readonly<Record<string, string>>): string;
}

/** A piece of a prompt: text as it stands, or the name of a placeholder. */
type Piece = string | { placeholder: string };

const nameInBraces = /(?<!\{)\{([a-z_]+)\}(?!\})/g;

/**
 * @param template the text from the configuration
 * @throws {ConfigError} when a placeholder that it needs is missing
 */
export function compilePrompt(name: PromptName, template: string): Prompt {
  const { required, optional } = placeholders[name];
  const known: readonly string[] = [...required, ...optional];
  // synthetic-data-kit's summary prompts are instructions only, and the document follows as a message of its own.
  const whole = name === "summary" && !template.includes("{text}") ? withText(template) : template;
  const pieces = piecesOf(whole, known, isFormatEscaped(template));
  const uses = (placeholder: string) =>
    pieces.some((piece) => typeof piece !== "string" && piece.placeholder === placeholder);
  for (const placeholder of required)
    if (!uses(placeholder))
      throw new ConfigError(`prompts.${name} has no placeholder {${placeholder}}`, {
        remedy: `put {${placeholder}} where ${placeholder === "text" ? "the document's text belongs" : `the ${placeholder} belong`}`,
      });
  if (name === "qa_rating" && !uses("pairs") && !(uses("question") && uses("answer")))
    throw new ConfigError("prompts.qa_rating has neither {question} and {answer} nor {pairs}", {
      remedy: "put them where the pair to be rated belongs",
    });
  const text = pieces.map((piece) => (typeof piece === "string" ? piece : `{${piece.placeholder}}`)).join("");
  const named = [...template.matchAll(nameInBraces)].map((match) => match[1]!);
  return {
    name,
    version: `${name}@${shortHash(text)}`,
    unknown: [...new Set(named)].filter((one) => !known.includes(one)),
    uses,
    render: (values) =>
      pieces.map((piece) => (typeof piece === "string" ? piece : (values[piece.placeholder] ?? ""))).join(""),
  };
}

/**
 * A prompt with something that is the same for all requests in front of it, or where it says `{examples}`.
 * @param examples the text; its hash becomes a part of the version
 */
export function withExamples(prompt: Prompt, examples: string): Prompt {
  const before = prompt.uses("examples") ? "" : `${examples}\n\n`;
  return {
    ...prompt,
    version: `${prompt.version}+examples@${shortHash(examples)}`,
    render: (values) => before + prompt.render({ ...values, examples }),
  };
}

/** One sentence for each thing in braces that is no placeholder, for whoever wrote the prompt. */
export function promptWarnings({ name, unknown }: Prompt): string[] {
  const { required, optional } = placeholders[name];
  const known = [...required, ...optional].map((placeholder) => `{${placeholder}}`).join(" ");
  return unknown.map((one) => `prompts.${name}: {${one}} is no placeholder and stays as it is; there are ${known}`);
}

function withText(instructions: string): string {
  return `${instructions.trimEnd()}\n\nText:\n---\n{text}\n---\n`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function piecesOf(template: string, known: readonly string[], escaped: boolean): Piece[] {
  const pattern = new RegExp(`${escaped ? "\\{\\{|\\}\\}|" : ""}\\{(?:${known.join("|")})\\}`, "g");
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of template.matchAll(pattern)) {
    pieces.push(template.slice(at, match.index));
    const [found] = match;
    pieces.push(found === "{{" ? "{" : found === "}}" ? "}" : { placeholder: found.slice(1, -1) });
    at = match.index + found.length;
  }
  pieces.push(template.slice(at));
  return pieces;
}

/** Whether each brace is doubled, apart from those around a name: prompts for Python's str.format are written so. */
function isFormatEscaped(template: string): boolean {
  const rest = template.replace(nameInBraces, "");
  return /\{\{/.test(rest) && !/[{}]/.test(rest.replace(/\{\{|\}\}/g, ""));
}
