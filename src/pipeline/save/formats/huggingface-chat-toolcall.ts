import { createHash } from "node:crypto";
import { chatRefusal, kilnChat } from "../kiln-chat.js";
import { answerRefusal, answerTool } from "../kiln-answer.js";
import type { SaveFormat } from "../format.js";

/**
 * Kiln's `huggingface_chat_template_toolcall_jsonl`: the answer is a call of the tool `task_response` whose arguments are
 * an object. Its id has nine characters, as Mistral's templates want; Kiln draws them, here they follow from the record.
 */
export const huggingfaceChatToolcall: SaveFormat = {
  name: "huggingface_chat_template_toolcall_jsonl",
  description:
    "conversations as Kiln exports them for chat templates with tools: the answer is a call of task_response",
  layout: "lines",
  suffix: "_huggingface_chat_template_toolcall.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "other",
  hasStrategies: true,
  needsObjects: true,
  refuses: (record, options) => chatRefusal(record, options) ?? answerRefusal(record, options),
  encode(record, options) {
    const messages = kilnChat(record, options);
    const { content } = messages.at(-1)!;
    const id = createHash("sha256").update(`${record.question}\n${content}`).digest("hex").slice(0, 9);
    const call = { type: "function", function: { name: answerTool, id, arguments: JSON.parse(content) as unknown } };
    return { conversations: [...messages.slice(0, -1), { role: "assistant", tool_calls: [call] }] };
  },
};
