import { UsageError } from "../../../errors.js";
import type { SaveFormat } from "../format.js";
import { alpaca } from "./alpaca.js";
import { chatml } from "./chatml.js";
import { ft } from "./ft.js";
import { huggingfaceChat } from "./huggingface-chat.js";
import { huggingfaceChatToolcall } from "./huggingface-chat-toolcall.js";
import { jsonl } from "./jsonl.js";
import { openai } from "./openai.js";
import { openaiChat } from "./openai-chat.js";
import { openaiChatJson } from "./openai-chat-json.js";
import { openaiChatToolcall } from "./openai-chat-toolcall.js";
import { sharegpt } from "./sharegpt.js";
import { vertexGemini } from "./vertex-gemini.js";

/** Everything `save-as --format` can write. A new format is one file and one line here. */
export const saveFormats: readonly SaveFormat[] = [
  jsonl,
  alpaca,
  ft,
  chatml,
  sharegpt,
  openai,
  openaiChat,
  openaiChatJson,
  openaiChatToolcall,
  huggingfaceChat,
  huggingfaceChatToolcall,
  vertexGemini,
];

/** @throws {UsageError} naming the formats there are */
export function saveFormatNamed(name: string): SaveFormat {
  const format = saveFormats.find((candidate) => candidate.name === name);
  if (format === undefined)
    throw new UsageError(`Unknown format type "${name}"`, {
      remedy: `use --format ${saveFormats.map((candidate) => candidate.name).join(", ")}`,
    });
  return format;
}
