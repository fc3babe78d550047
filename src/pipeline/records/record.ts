/** The records that come out of a model, each with where it came from. */

/** Where a record came from, precisely enough to look it up and to make it again. */
export interface Provenance {
  /** Path of the source document. */
  document: string;
  /** SHA-256 of the source document's bytes. */
  hash: string;
  /** Number of the row in the source, from 1, where it holds many documents. */
  row?: number;
  /** The chunk it was made from. */
  chunk: number;
  /** First character of the chunk in the document's extracted text, and one past its last. */
  span: [start: number, end: number];
  page?: number;
  heading?: string;
  /** The pictures that the model saw: their number in the document, from 1, and their page where there are pages. */
  images?: { number: number; page?: number }[];
  model: string;
  /** The prompt's name and a hash of its text. */
  prompt: string;
  seed: number;
}

/** A generated question with its answer and, for chain of thought, its reasoning. */
export interface PairFields {
  question: string;
  reasoning?: string;
  answer: string;
  /** What it was asked to be: `what`, `how`, `analytical`. */
  question_type?: string;
  /** `easy`, `medium` or `hard`, where that was asked for. */
  difficulty?: string;
}

/** One generated record on its way from `create` to `curate`. */
export interface Item {
  fields: PairFields;
  provenance: Provenance;
  /** The text of the chunk, for the judge. */
  chunkText: string;
}

/** What a chat model is trained on. */
export interface Turn {
  role: "system" | "user" | "assistant";
  content: string;
}

/** The system text of conversations, as synthetic-data-kit writes it. */
const conversationSystem = "You are a helpful AI assistant that provides accurate, detailed responses.";

/** What a reasoned answer begins with (synthetic-data-kit's wording). */
export const reasoningStart = "Let me think through this step by step:";

/** An answer that is led up to by its reasoning. */
export function reasonedAnswer(reasoning: string, answer: string): string {
  return `${reasoningStart}\n\n${reasoning}\n\nSo the answer is: ${answer}`;
}

/** The conversation of a pair; with reasoning, the answer is led up to by it. */
export function conversationOf({ question, reasoning, answer }: PairFields): Turn[] {
  const content = reasoning === undefined || reasoning === "" ? answer : reasonedAnswer(reasoning, answer);
  return [
    { role: "system", content: conversationSystem },
    { role: "user", content: question },
    { role: "assistant", content },
  ];
}
