import { messagesOf } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** An array of `{messages}`, as synthetic-data-kit writes it. */
export const ft: SaveFormat = {
  name: "ft",
  description: "messages of system, user and assistant: an array",
  layout: "array",
  suffix: "_ft.json",
  encode: (record) => ({ messages: messagesOf(record, "You are a helpful assistant.") }),
};
