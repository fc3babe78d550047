/**
 * How a server is made to answer with JSON of a schema: it enforces schemas, or JSON of any kind, or it has to be asked
 * for it in words. Which of them is found out by asking, since servers also accept what they then ignore.
 */
import type { ChatMessage, JsonSchema } from "../backend.js";
import { extractJson, isJson } from "./extract-json.js";

/** `json_schema`: the schema is enforced; `json_object`: JSON is; `none`: neither. */
export type SchemaMode = "json_schema" | "json_object" | "none";

export const weaker: Record<SchemaMode, SchemaMode> = {
  json_schema: "json_object",
  json_object: "none",
  none: "none",
};

export const modeInWords: Record<SchemaMode, string> = {
  json_schema: "enforced by the server",
  json_object: "asked for in words, the server enforces JSON",
  none: "asked for in words, the server enforces nothing",
};

export interface Shaped {
  messages: readonly ChatMessage[];
  responseFormat: Record<string, unknown> | undefined;
  /** Takes the answer's value out of the text, as JSON; of an answer that was cut, what there is. */
  read: (text: string) => string;
  /** Whether the text is already what `read` gives, so that its pieces may be handed on as they come. */
  isVerbatim: boolean;
}

/** Says a schema in the server's way. */
export function shape(messages: readonly ChatMessage[], schema: JsonSchema | undefined, mode: SchemaMode): Shaped {
  if (schema === undefined) return { messages, responseFormat: undefined, read: (text) => text, isVerbatim: true };
  const { schema: root, isWrapped } = asObject(schema);
  if (mode === "json_schema")
    return {
      messages,
      responseFormat: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: root } },
      read: isWrapped ? unwrap : (text) => text,
      isVerbatim: !isWrapped,
    };
  if (mode === "json_object")
    return {
      messages: withInstruction(messages, root),
      responseFormat: { type: "json_object" },
      read: (text) => (isWrapped ? unwrap(extractJson(text, true)) : extractJson(text, true)),
      isVerbatim: false,
    };
  return {
    messages: withInstruction(messages, schema),
    responseFormat: undefined,
    read: (text) => extractJson(text, !isWrapped),
    isVerbatim: false,
  };
}

/** At the end of the last message: some models know no system role, and what comes before stays the same prefix. */
function withInstruction(messages: readonly ChatMessage[], schema: JsonSchema): ChatMessage[] {
  const instruction =
    "Answer with JSON only: no words before or after it, no code fence. It must satisfy this JSON Schema:\n" +
    JSON.stringify(schema);
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: instruction }];
  return [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${instruction}` }];
}

const wrapper = "items";

/** Servers take objects only at the root of a schema; anything else is put into one. */
export function asObject(schema: JsonSchema): { schema: Record<string, unknown>; isWrapped: boolean } {
  if (typeof schema === "object" && schema["type"] === "object") return { schema: { ...schema }, isWrapped: false };
  return {
    schema: { type: "object", properties: { [wrapper]: schema }, required: [wrapper], additionalProperties: false },
    isWrapped: true,
  };
}

/** Takes the value out again; a text that was cut off loses only its beginning. */
function unwrap(text: string): string {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    // Unenforced, a model may leave the wrapping out.
    if (typeof value !== "object" || value === null || Array.isArray(value) || !(wrapper in value)) return text;
    return JSON.stringify(value[wrapper]);
  } catch {
    return text.replace(/^\s*\{\s*"items"\s*:\s*/, "");
  }
}

/** A question whose answer tells whether a mode works. */
export interface Probe {
  messages: readonly ChatMessage[];
  responseFormat: Record<string, unknown>;
  works: (text: string) => boolean;
}

/** No model says this unless it is made to. */
const unlikelyWord = "quernstone-47";

export const probes: Record<"json_schema" | "json_object", Probe> = {
  json_schema: {
    messages: [{ role: "user", content: "What is the capital of France? Answer with JSON." }],
    responseFormat: {
      type: "json_schema",
      json_schema: {
        name: "answer",
        strict: true,
        schema: {
          type: "object",
          properties: { answer: { type: "string", enum: [unlikelyWord] } },
          required: ["answer"],
          additionalProperties: false,
        },
      },
    },
    works: (text) => text.includes(unlikelyWord) && text.trimStart().startsWith("{"),
  },
  json_object: {
    messages: [{ role: "user", content: 'Answer with JSON that says that you are ready: {"ready": true}' }],
    responseFormat: { type: "json_object" },
    works: (text) => isJson(text) && text.trimStart().startsWith("{"),
  },
};
