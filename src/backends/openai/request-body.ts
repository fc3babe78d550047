/** The body of a chat request, as the server at hand takes it. */
import type OpenAI from "openai";
import type { ChatMessage, Sampling } from "../backend.js";
import type { Parameter } from "./failures.js";
import type { ServerKind } from "./server-facts.js";

export type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;

export interface BodyParts {
  model: string;
  messages: readonly ChatMessage[];
  maxTokens: number;
  sampling: Sampling;
  responseFormat: Record<string, unknown> | undefined;
  /** Whether the reply comes bit by bit. */
  stream: boolean;
}

/** These take arguments of the chat template; others may refuse what they do not know. */
const takesTemplateArguments: readonly ServerKind[] = ["vllm", "sglang", "llama-server"];

/** A message in OpenAI's form: with pictures its content is a list of parts, the pictures as data URIs. */
export function wireMessage({ role, content, images = [] }: ChatMessage): Record<string, unknown> {
  if (images.length === 0) return { role, content };
  const parts = images.map(({ mediaType, bytes }) => {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
    return { type: "image_url", image_url: { url: `data:${mediaType};base64,${data}` } };
  });
  return { role, content: [...parts, { type: "text", text: content }] };
}

/** @param unsupported what this server has refused before */
export function chatBody(parts: BodyParts, kind: ServerKind, unsupported: ReadonlySet<Parameter>): ChatBody {
  const { model, messages, maxTokens, sampling, responseFormat, stream } = parts;
  const unless = (parameter: Parameter, fields: object) => (unsupported.has(parameter) ? {} : fields);
  const body = {
    model,
    messages: messages.map(wireMessage),
    stream,
    ...(stream ? unless("stream_options", { stream_options: { include_usage: true } }) : {}),
    ...(unsupported.has("max_tokens") ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...unless("temperature", { temperature: sampling.temperature }),
    ...unless("top_p", { top_p: sampling.topP }),
    // Servers differ in the width of a seed; all take 31 bits.
    ...unless("seed", { seed: sampling.seed >>> 1 }),
    ...(takesTemplateArguments.includes(kind)
      ? unless("chat_template_kwargs", { chat_template_kwargs: { enable_thinking: false } })
      : {}),
    ...(responseFormat === undefined ? {} : { response_format: responseFormat }),
  };
  // The library's type knows neither these extras nor that a format may be any.
  return body as unknown as ChatBody;
}
