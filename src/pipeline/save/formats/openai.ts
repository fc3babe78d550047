import type { ChatTurn } from "../../records/read.js";
import { isObject } from "../../records/chat.js";
import { messagesOf, toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/**
 * A line for each conversation as OpenAI's fine-tuning takes it: `messages`, and `tools` where there are any, and
 * nothing else. What its rules refuse is refused here, before a file is uploaded.
 */
export const openai: SaveFormat = {
  name: "openai",
  description: "messages, one conversation per line, held against the rules of OpenAI's fine-tuning",
  layout: "lines",
  suffix: "_openai.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "messages",
  encode(record, options) {
    const messages = messagesOf(record, options, "You are a helpful assistant.").map(messageOf);
    const tools = toolsOf(record);
    const list = typeof tools === "string" ? toolsIn(tools) : tools;
    const { parallel_tool_calls: parallel } = record.raw;
    return {
      messages,
      ...(Array.isArray(list) && list.length > 0 ? { tools: list as unknown[] } : {}),
      ...(typeof parallel === "boolean" ? { parallel_tool_calls: parallel } : {}),
    };
  },
  problem({ messages, tools }) {
    const turns = messages as Partial<ChatTurn>[];
    if (turns.at(-1)?.role !== "assistant") return "the last message is not the assistant's";
    if (!turns.some(({ role }) => role === "user")) return "there is no message of the user";
    if (turns.slice(1).some(({ role }) => role === "system")) return "a system message that is not the first";
    const assistants = turns.filter(({ role }) => role === "assistant");
    if (assistants.every(({ weight }) => weight === 0)) return "every message of the assistant has the weight 0";
    const called = new Set<string>();
    for (const turn of turns) {
      if (turn.name !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(turn.name))
        return `a name that is refused: ${turn.name}`;
      if (turn.weight !== undefined && turn.role !== "assistant")
        return "a weight at a message that is not the assistant's";
      if (!turn.content && turn.tool_calls === undefined) return `an empty message (${turn.role ?? ""})`;
      for (const { id } of turn.tool_calls ?? []) called.add(id);
      if (turn.role === "tool" && !called.has(turn.tool_call_id ?? "")) return "a tool's message that answers no call";
    }
    if (called.size > 0 && tools === undefined) return "calls of tools without their descriptions";
    return undefined;
  },
};

function messageOf({ role, content, name, tool_calls, tool_call_id, weight }: ChatTurn): Record<string, unknown> {
  return {
    role,
    ...(content === "" && tool_calls !== undefined ? {} : { content }),
    ...(name === undefined ? {} : { name }),
    ...(tool_calls === undefined ? {} : { tool_calls }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** ShareGPT has the descriptions of tools as a text of JSON, with or without the frame that OpenAI wants. */
function toolsIn(text: string): unknown {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return undefined;
    return list.map((tool: unknown) =>
      isObject(tool) && "function" in tool ? tool : { type: "function", function: tool },
    );
  } catch {
    return undefined;
  }
}
