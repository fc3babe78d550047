import type { ChatTurn } from "../../records/read.js";
import { messagesOf, toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

const speakers = { system: "system", user: "human", assistant: "gpt", tool: "observation" } as const;

/**
 * ShareGPT's `{conversations: [{from, value}]}`, with the system text as the first turn and calls of tools as
 * `function_call` and `observation`, as LLaMA-Factory and Axolotl read them.
 */
export const sharegpt: SaveFormat = {
  name: "sharegpt",
  description: "conversations of from and value (human, gpt): an array, as ShareGPT has it",
  layout: "array",
  suffix: "_sharegpt.json",
  keepsMetadata: false,
  hasSystem: true,
  shape: "sharegpt",
  encode(record, options) {
    const tools = toolsOf(record);
    return {
      conversations: messagesOf(record, options, "").flatMap(turnsOf),
      // Their description is a text of JSON there.
      ...(tools === undefined ? {} : { tools: typeof tools === "string" ? tools : JSON.stringify(tools) }),
    };
  },
};

function turnsOf({ role, content, tool_calls: calls }: ChatTurn): { from: string; value: string }[] {
  const said = { from: speakers[role], value: content };
  if (calls === undefined) return [said];
  const called = calls.map(({ function: { name, arguments: given } }) => ({ name, arguments: parsed(given) }));
  const call = { from: "function_call", value: JSON.stringify(called.length === 1 ? called[0] : called) };
  return content === "" ? [call] : [said, call];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
