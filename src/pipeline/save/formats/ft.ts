import { messagesOf, toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** An array of `{messages}`, as synthetic-data-kit writes it. */
export const ft: SaveFormat = {
  name: "ft",
  description: "messages of system, user and assistant: an array",
  layout: "array",
  suffix: "_ft.json",
  keepsMetadata: false,
  hasSystem: true,
  shape: "messages",
  encode(record, options) {
    const tools = toolsOf(record);
    return {
      messages: messagesOf(record, options, "You are a helpful assistant."),
      ...(tools === undefined ? {} : { tools }),
    };
  },
};
