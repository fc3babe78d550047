import { messagesOf, toolsOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** `{messages}`, one conversation per line; in a `.json` file, as synthetic-data-kit names it. */
export const chatml: SaveFormat = {
  name: "chatml",
  description: "messages of system, user and assistant, one conversation per line",
  layout: "lines",
  suffix: "_chatml.json",
  keepsMetadata: false,
  hasSystem: true,
  shape: "messages",
  encode(record, options) {
    const tools = toolsOf(record);
    return {
      messages: messagesOf(record, options, "You are a helpful AI assistant."),
      ...(tools === undefined ? {} : { tools }),
    };
  },
};
