import { chatRefusal, kilnChat } from "../kiln-chat.js";
import type { SaveFormat } from "../format.js";

/** Kiln's `huggingface_chat_template_jsonl`: `{conversations}` of role and content, for `apply_chat_template`. */
export const huggingfaceChat: SaveFormat = {
  name: "huggingface_chat_template_jsonl",
  description: "conversations of role and content as Kiln exports them for Hugging Face's chat templates, one per line",
  layout: "lines",
  suffix: "_huggingface_chat_template.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "conversations",
  hasStrategies: true,
  refuses: chatRefusal,
  encode: (record, options) => ({ conversations: kilnChat(record, options) }),
};
