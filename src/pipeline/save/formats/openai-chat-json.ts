import { chatRefusal, kilnChat } from "../kiln-chat.js";
import { answerRefusal } from "../kiln-answer.js";
import { toolsOf } from "../messages.js";
import { pythonObject } from "../python-json.js";
import type { SaveFormat } from "../format.js";

/** Kiln's `openai_chat_json_schema_jsonl`: the answer is an object of JSON, written anew on one line. */
export const openaiChatJson: SaveFormat = {
  name: "openai_chat_json_schema_jsonl",
  description: "messages as Kiln exports them for structured output: the answer is a JSON object on one line",
  layout: "lines",
  suffix: "_openai_chat_json_schema.jsonl",
  keepsMetadata: false,
  hasSystem: true,
  shape: "messages",
  hasStrategies: true,
  needsObjects: true,
  refuses: (record, options) => chatRefusal(record, options) ?? answerRefusal(record, options),
  encode(record, options) {
    const tools = toolsOf(record);
    const messages = kilnChat(record, options);
    const last = messages.at(-1)!;
    return {
      messages: [...messages.slice(0, -1), { ...last, content: pythonObject(last.content) }],
      ...(tools === undefined ? {} : { tools }),
    };
  },
};
