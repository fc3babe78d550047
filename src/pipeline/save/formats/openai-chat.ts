import { chatRefusal, kilnChat } from "../kiln-chat.js";
import { toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** Kiln's `openai_chat_jsonl`: `{messages}` of system, user and assistant, and `tools` where they are described. */
export const openaiChat: SaveFormat = {
  name: "openai_chat_jsonl",
  description: "messages as Kiln exports them for OpenAI's fine-tuning, one conversation per line",
  layout: "lines",
  suffix: "_openai_chat.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "messages",
  hasStrategies: true,
  refuses: chatRefusal,
  encode(record, options) {
    const tools = toolsOf(record);
    return { messages: kilnChat(record, options), ...(tools === undefined ? {} : { tools }) };
  },
};
