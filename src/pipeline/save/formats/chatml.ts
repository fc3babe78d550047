import { messagesOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** `{messages}`, one conversation per line; in a `.json` file, as synthetic-data-kit names it. */
export const chatml: SaveFormat = {
  name: "chatml",
  description: "messages of system, user and assistant, one conversation per line",
  layout: "lines",
  suffix: "_chatml.json",
  encode: (record) => ({ messages: messagesOf(record, "You are a helpful AI assistant.") }),
};
