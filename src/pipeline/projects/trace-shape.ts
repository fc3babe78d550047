/**
 * Whether the messages of a trace are ones that Kiln reads.
 * Source: kiln_ai/utils/open_ai_types.py and usage.py (kiln-ai 1.1.0), and openai's types of messages.
 */
import { laxNumber } from "./base.js";
import { isAbsent, isCount, isObject, isTextOrAbsent, type Raw, shown } from "./raw.js";

/** @returns what Kiln would refuse of a trace, or undefined */
export function traceProblem(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) return '"trace" is no list';
  for (const [i, message] of (value as unknown[]).entries()) {
    const problem = isObject(message) ? messageProblem(message) : "it is no object";
    if (problem !== undefined) return `"trace.${i}": ${problem}`;
  }
  return undefined;
}

function messageProblem(message: Raw): string | undefined {
  const { role, content } = message;
  switch (role) {
    case "developer":
    case "system":
    case "user":
      return isContent(content) ? undefined : `the content of the ${role}'s message is no text`;
    case "assistant":
      return isAbsent(content) || isContent(content)
        ? assistantProblem(message)
        : "the content of the assistant's message is no text";
    case "tool":
      if (!isContent(content)) return "the content of a tool's message is no text";
      return typeof message["tool_call_id"] === "string" ? undefined : "a tool's message has no tool_call_id";
    case "function":
      if (content !== null && typeof content !== "string") return "the content of a function's message is no text";
      return typeof message["name"] === "string" ? undefined : "a function's message has no name";
    default:
      return `the role ${shown(role)} is none that Kiln knows`;
  }
}

/** A text, or a list of parts, which Kiln looks at only when it needs them. */
function isContent(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value);
}

function assistantProblem(message: Raw): string | undefined {
  const { reasoning_content: reasoning, refusal, latency_ms: latency, usage, tool_calls: calls = [] } = message;
  if (!isTextOrAbsent(reasoning)) return "reasoning_content is no text";
  if (!isTextOrAbsent(refusal)) return "refusal is no text";
  if (!isAbsent(latency) && !Number.isInteger(laxNumber(latency))) return "latency_ms is no whole number";
  if (!Array.isArray(calls) || !calls.every(isToolCall))
    return "tool_calls holds something that is no call of a function";
  return usageProblem(usage, "usage");
}

function isToolCall(call: unknown): boolean {
  if (!isObject(call) || typeof call["id"] !== "string" || call["type"] !== "function") return false;
  const { function: called } = call;
  return isObject(called) && typeof called["name"] === "string" && typeof called["arguments"] === "string";
}

const counts = ["input_tokens", "output_tokens", "total_tokens", "cached_tokens", "total_llm_latency_ms"];

/** @returns what Kiln would refuse of a count of tokens, or undefined */
export function usageProblem(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return `"${where}" is no object`;
  for (const name of counts)
    if (!isAbsent(value[name]) && !isCount(value[name])) return `"${where}.${name}" is no count`;
  const { cost } = value;
  return isAbsent(cost) || (laxNumber(cost) ?? -1) >= 0 ? undefined : `"${where}.cost" is no price`;
}

/**
 * Whether the last message asks for tools, so that the output is still to come. Kiln does not hold such outputs against
 * the schema.
 * @param trace that {@link traceProblem} found nothing wrong with
 */
export function isWaitingForTools(trace: readonly Raw[] | null): boolean {
  const last = trace?.at(-1);
  if (last?.["role"] !== "assistant") return false;
  const calls = (last["tool_calls"] ?? []) as readonly { function: { name: string } }[];
  return calls.some((call) => call.function.name !== "task_response");
}
