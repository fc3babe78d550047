/** Turns of conversations in the shapes that files have them in: OpenAI's messages, and ShareGPT's from and value. */

/** Who speaks. */
export type Role = "system" | "user" | "assistant" | "tool";

/** A turn of a conversation as a file has it; what tools were called with is kept for the formats that have a place. */
export interface ChatTurn {
  role: Role;
  content: string;
  /** What the assistant thought before it answered, where the file keeps that apart. */
  reasoning?: string;
  name?: string;
  /** Calls of tools, in OpenAI's shape. */
  tool_calls?: ToolCall[];
  /** Which call a tool's turn answers. */
  tool_call_id?: string;
  /** Whether an assistant's turn is trained on (OpenAI's fine-tuning). */
  weight?: 0 | 1;
}

export interface ToolCall {
  id: string;
  type: "function";
  /** `arguments` is a text of JSON. */
  function: { name: string; arguments: string };
}

/** The names that datasets use; ShareGPT's are human, gpt, function_call and observation. */
const roles: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  gpt: "assistant",
  model: "assistant",
  chatgpt: "assistant",
  bot: "assistant",
  function_call: "assistant",
  tool_call: "assistant",
  tool: "tool",
  function: "tool",
  observation: "tool",
  tool_response: "tool",
};

/** Whether a value looks like one turn. */
export function isTurn(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (("role" in value && !("question" in value)) || ("from" in value && "value" in value));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param list turns in either shape
 * @returns them, or why they cannot be used
 */
export function turnsOf(list: readonly unknown[]): ChatTurn[] | string {
  const turns: ChatTurn[] = [];
  /** Calls that no tool's turn has answered yet, in their order: ShareGPT does not number them. */
  const open: string[] = [];
  for (const [index, raw] of list.entries()) {
    const turn = turnOf(raw, `call_${index}`);
    if (typeof turn === "string") return `turn ${index + 1}: ${turn}`;
    for (const { id } of turn.tool_calls ?? []) open.push(id);
    if (turn.role === "tool") {
      const answered = turn.tool_call_id ?? open[0];
      if (answered !== undefined) turn.tool_call_id = answered;
      const place = open.indexOf(answered ?? "");
      if (place !== -1) open.splice(place, 1);
    }
    turns.push(turn);
  }
  return turns;
}

function turnOf(raw: unknown, callId: string): ChatTurn | string {
  if (!isObject(raw)) return "it is not an object";
  const isShareGpt = "from" in raw && !("role" in raw);
  const speaker = isShareGpt ? raw["from"] : raw["role"];
  const role = typeof speaker === "string" && Object.hasOwn(roles, speaker) ? roles[speaker] : undefined;
  if (role === undefined) return `unknown role ${speaker === undefined ? "(none)" : JSON.stringify(speaker)}`;
  const content = textOf(isShareGpt ? raw["value"] : raw["content"]);
  if (typeof content !== "string") return content.problem;
  const turn: ChatTurn = { role, content };
  if (speaker === "function_call" || speaker === "tool_call") {
    const calls = callsIn(content, callId);
    if (calls !== undefined) Object.assign(turn, { content: "", tool_calls: calls });
  }
  const reasoning = raw["reasoning_content"] ?? raw["reasoning"] ?? raw["thinking"];
  if (typeof reasoning === "string" && reasoning !== "") turn.reasoning = reasoning;
  if (typeof raw["name"] === "string") turn.name = raw["name"];
  if (typeof raw["tool_call_id"] === "string") turn.tool_call_id = raw["tool_call_id"];
  if (raw["weight"] === 0 || raw["weight"] === 1) turn.weight = raw["weight"];
  if (Array.isArray(raw["tool_calls"]) && raw["tool_calls"].length > 0) {
    const calls = raw["tool_calls"].map((call, i) => callOf(call, `${callId}_${i}`));
    if (calls.includes(undefined)) return "a tool call without the name of its function";
    turn.tool_calls = calls as ToolCall[];
  }
  return turn;
}

/** The text of a content: a string, nothing, or OpenAI's parts, of which only text can be kept. */
function textOf(content: unknown): string | { problem: string } {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) return { problem: "its content is not text" };
  const texts: string[] = [];
  for (const part of content as unknown[]) {
    if (typeof part === "string") texts.push(part);
    else if (isObject(part) && typeof part["text"] === "string") texts.push(part["text"]);
    else
      return { problem: `its content has a part that is not text (${String(isObject(part) ? part["type"] : part)})` };
  }
  return texts.join("");
}

/** The calls in the text of a ShareGPT turn: one object of name and arguments, or a list of them. */
function callsIn(text: string, id: string): ToolCall[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const list = Array.isArray(parsed) ? parsed : [parsed];
    const calls = list.map((call, i) => callOf(call, list.length === 1 ? id : `${id}_${i}`));
    return calls.includes(undefined) ? undefined : (calls as ToolCall[]);
  } catch {
    return undefined;
  }
}

function callOf(raw: unknown, id: string): ToolCall | undefined {
  if (!isObject(raw)) return undefined;
  const called = isObject(raw["function"]) ? raw["function"] : raw;
  const { name, arguments: given = {} } = called;
  if (typeof name !== "string") return undefined;
  return {
    id: typeof raw["id"] === "string" ? raw["id"] : id,
    type: "function",
    function: { name, arguments: typeof given === "string" ? given : JSON.stringify(given) },
  };
}
