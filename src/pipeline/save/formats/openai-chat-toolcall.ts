import { chatRefusal, kilnChat } from "../kiln-chat.js";
import { answerRefusal, answerTool } from "../kiln-answer.js";
import { toolsOf } from "../messages.js";
import { pythonObject } from "../python-json.js";
import type { SaveFormat } from "../format.js";

/** Kiln's `openai_chat_toolcall_jsonl`: the answer is a call of the tool `task_response`, its arguments a text of JSON. */
export const openaiChatToolcall: SaveFormat = {
  name: "openai_chat_toolcall_jsonl",
  description: "messages as Kiln exports them: the answer is a call of the tool task_response",
  layout: "lines",
  suffix: "_openai_chat_toolcall.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "other",
  hasStrategies: true,
  needsObjects: true,
  refuses: (record, options) => chatRefusal(record, options) ?? answerRefusal(record, options),
  encode(record, options) {
    const tools = toolsOf(record);
    const messages = kilnChat(record, options);
    const call = {
      id: "call_1",
      type: "function",
      function: { name: answerTool, arguments: pythonObject(messages.at(-1)!.content) },
    };
    return {
      messages: [...messages.slice(0, -1), { role: "assistant", content: null, tool_calls: [call] }],
      ...(tools === undefined ? {} : { tools }),
    };
  },
};
