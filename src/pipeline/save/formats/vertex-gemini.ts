import { isObject } from "../../records/chat.js";
import { chatRefusal, kilnChat, type KilnChatMessage } from "../kiln-chat.js";
import { toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

type Part = Record<string, unknown>;

/**
 * Kiln's `vertex_gemini`: `systemInstruction` and `contents` of user and model as Vertex AI tunes Gemini with them.
 * Source of the format: https://cloud.google.com/vertex-ai/generative-ai/docs/models/tune-function-calling
 */
export const vertexGemini: SaveFormat = {
  name: "vertex_gemini",
  description: "contents of user and model as Kiln exports them for tuning Gemini on Vertex AI, one example per line",
  layout: "lines",
  suffix: "_vertex_gemini.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "other",
  hasStrategies: true,
  refuses: (record, options) => chatRefusal(record, options) ?? callRefusal(kilnChat(record, options)),
  encode(record, options) {
    const messages = kilnChat(record, options);
    const declarations = declarationsOf(toolsOf(record));
    const [first] = messages;
    return {
      ...(first?.role === "system" ? { systemInstruction: { role: "system", parts: [{ text: first.content }] } } : {}),
      contents: contentsOf(messages),
      ...(declarations.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] }),
    };
  },
};

/** Answers of tools that follow each other are one content; system texts after the first have no place there. */
function contentsOf(messages: readonly KilnChatMessage[]): Part[] {
  const contents: Part[] = [];
  const names = new Map<string, string>();
  let answers: Part[] | undefined;
  for (const { role, content, tool_calls: calls, tool_call_id: id } of messages) {
    if (role === "tool") {
      const part = { functionResponse: { name: names.get(id ?? ""), response: { content } } };
      if (answers === undefined) contents.push({ parts: (answers = []) });
      answers.push(part);
      continue;
    }
    if (role === "system") continue;
    answers = undefined;
    for (const call of calls ?? []) names.set(call.id, call.function.name);
    contents.push({
      role: role === "assistant" ? "model" : "user",
      // A text beside calls has no place.
      parts: calls === undefined ? [{ text: content }] : calls.map(({ function: called }) => callPart(called)),
    });
  }
  return contents;
}

function callPart({ name, arguments: given }: { name: string; arguments: string }): Part {
  return { functionCall: { name, args: parsed(given) } };
}

function callRefusal(messages: readonly KilnChatMessage[]): string | undefined {
  const known = new Set<string>();
  for (const { role, tool_calls: calls, tool_call_id: id } of messages) {
    for (const call of calls ?? []) {
      known.add(call.id);
      if (!isObject(parsed(call.function.arguments))) return "the arguments of a call are no JSON object";
    }
    if (role === "tool" && !known.has(id ?? "")) return "a tool's answer to no call";
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const typeNames = new Set(["string", "integer", "boolean", "number", "array", "object"]);

/** Descriptions of tools in OpenAI's shape, with types in capitals as Vertex has them. */
function declarationsOf(tools: unknown): Part[] {
  if (!Array.isArray(tools)) return [];
  return (tools as unknown[]).flatMap((tool) => {
    const described = isObject(tool) && isObject(tool["function"]) ? tool["function"] : tool;
    if (!isObject(described) || typeof described["name"] !== "string") return [];
    const { name, description, parameters } = described;
    return [{ name, description, parameters: withCapitals(parameters) }];
  });
}

function withCapitals(schema: unknown): unknown {
  if (Array.isArray(schema)) return (schema as unknown[]).map(withCapitals);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "type" && typeof value === "string" && typeNames.has(value) ? value.toUpperCase() : withCapitals(value),
    ]),
  );
}
