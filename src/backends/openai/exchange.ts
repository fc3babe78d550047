/** One request, sent to one server: said in its way, and its reply understood. */
import { type GenerateRequest, type GenerateResult, RequestRefusedError } from "../backend.js";
import type { Endpoint } from "./endpoint.js";
import { type Reply, StrangeReply } from "./reply.js";
import { chatBody } from "./request-body.js";
import { shape } from "./schema-mode.js";
import type { ServerKind } from "./server-facts.js";

/**
 * Servers that are asked for whole replies where nobody wants the pieces: llama.cpp's threads wait by spinning, and each
 * piece it sends takes a core from them (a tenth of its throughput on two cores). Others are streamed, so that silence and
 * a broken connection show at once.
 */
const wholeReplies: readonly ServerKind[] = ["llama-server"];
/** A whole reply may be silent for as long as its tokens take on a slow machine that works on many. */
const slowestTokenMs = 1_000;

/**
 * @param onText pieces of the result's text, as they come; absent where nobody wants them
 * @throws {RequestRefusedError} for an answer that is of no use and would not be another time; else what sending and
 *   reading throw, see `failureOf`
 */
export async function exchange(
  endpoint: Endpoint,
  request: GenerateRequest,
  signal: AbortSignal,
  onText?: (text: string) => void,
): Promise<GenerateResult> {
  const { schema, maxTokens, sampling } = request;
  const mode = schema === undefined ? "none" : await endpoint.schema.find(signal);
  const { connection, facts, limit } = endpoint;
  const { now } = endpoint.settings;
  if (facts === undefined || limit === undefined) throw new TypeError("a request for a server that never answered");
  const { messages, responseFormat, read, isVerbatim } = shape(request.messages, schema, mode);
  const stream = onText !== undefined || !wholeReplies.includes(facts.kind);
  const body = chatBody(
    { model: facts.model, messages, maxTokens, sampling, responseFormat, stream },
    facts.kind,
    endpoint.unsupported,
  );
  const sentAt = now();
  let firstAt: number | undefined;
  let counted = 0;
  const onTokens = (tokens: number) => {
    firstAt ??= now();
    counted += tokens;
    limit.madeTokens(tokens);
    endpoint.worked();
  };
  const silenceMs = stream ? undefined : endpoint.settings.requestTimeoutMs + maxTokens * slowestTokenMs;
  const reply = await connection.chat(body, signal, isVerbatim ? onText : undefined, onTokens, silenceMs);
  // A piece may hold several tokens.
  limit.madeTokens(Math.max(0, reply.usage.completion - counted));
  limit.finished({
    ms: now() - sentAt,
    firstMs: reply.streamed && firstAt !== undefined ? firstAt - sentAt : undefined,
    tokens: reply.usage.completion,
  });
  endpoint.answered();
  const finishReason = finishOf(reply, maxTokens);
  const text = read(reply.content);
  if (schema !== undefined && finishReason === "stop") endpoint.schema.judge(isJsonValue(text), mode);
  if (!isVerbatim) onText?.(text);
  const { prompt, cached, completion } = reply.usage;
  return {
    text,
    finishReason,
    usage: { promptTokens: prompt, cachedTokens: cached, completionTokens: completion },
  };
}

function finishOf({ finishReason, content, reasoningCharacters }: Reply, maxTokens: number): "stop" | "length" {
  switch (finishReason) {
    case "length":
      if (content === "" && reasoningCharacters > 0)
        throw new RequestRefusedError(`the model spent all ${maxTokens} tokens of its answer on thinking`, {
          remedy: "raise generation.max_tokens, or turn the model's thinking off",
        });
      return "length";
    case "content_filter":
      throw new RequestRefusedError("the server's content filter stopped the answer");
    case "tool_calls":
    case "function_call":
      if (content === "") throw new RequestRefusedError("the model called a tool in place of answering");
      return "stop";
    case "error":
    case "abort":
    case "cancelled":
      throw new StrangeReply(`the server gave the answer up (${finishReason})`, "");
    default:
      // Servers have names of their own for a model that is done.
      return "stop";
  }
}

/** Strings, numbers and the like are answers too, where the schema says so. */
function isJsonValue(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
