/** Reads what a server replies to a chat request: server-sent events, or one JSON document where it does not stream. */
import type { IncomingMessage } from "node:http";
import type { StreamedResponse } from "./wire.js";
import { textOf } from "./wire.js";

export interface Reply {
  content: string;
  /** Characters of thoughts, which servers send apart from the answer. */
  reasoningCharacters: number;
  finishReason: string;
  usage: { prompt: number; cached: number; completion: number };
  /** Whether it came bit by bit, so that the time of its first bit means something. */
  streamed: boolean;
}

/** The server reports an error inside a reply that began as a success. */
export class ErrorInReply extends Error {
  constructor(
    readonly body: string,
    /** What it would have been as a status, where the server says so. */
    readonly status: number | undefined,
  ) {
    super("error in the reply");
  }
}

/** The reply ended before the answer did. */
export class CutReply extends Error {}

/** The reply is not what a chat request is answered with. */
export class StrangeReply extends Error {
  constructor(
    message: string,
    readonly body: string,
  ) {
    super(message);
  }
}

interface Listener {
  /** A piece of the answer. */
  onText: (text: string) => void;
  /** A piece of anything the model made; `tokens` of it, about. */
  onTokens: (tokens: number) => void;
}

interface Chunk {
  error?: unknown;
  choices?: Choice[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
  } | null;
}

interface Message {
  content?: string | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
}

interface Choice {
  delta?: Message | null;
  message?: Message | null;
  finish_reason?: string | null;
}

const maxJsonBytes = 64 * 1024 * 1024;

/**
 * @throws {ErrorInReply} {CutReply} {StrangeReply} and errors of the connection
 */
export async function readReply(response: StreamedResponse, listener: Listener): Promise<Reply> {
  const reader = new ReplyReader(listener);
  if (/event-stream/i.test(response.headers.get("content-type") ?? "")) {
    await readEvents(response.incoming, (data) => reader.event(data));
  } else {
    const text = await textOf(response.incoming, maxJsonBytes);
    // Some servers stream without saying that they do.
    if (/^\s*(?:data|event|:)/.test(text)) for (const data of eventsOf(text)) reader.event(data);
    else reader.document(text);
  }
  return reader.end();
}

class ReplyReader {
  private readonly pieces: string[] = [];
  private streamed = true;
  private reasoningCharacters = 0;
  private finishReason: string | undefined;
  private usage: Chunk["usage"];
  private deltas = 0;
  private hasChoices = false;
  private isDone = false;

  constructor(private readonly listener: Listener) {}

  event(data: string): void {
    if (data.startsWith("[DONE]")) {
      this.isDone = true;
      return;
    }
    let chunk: Chunk | null;
    try {
      chunk = JSON.parse(data) as Chunk | null;
    } catch {
      throw new StrangeReply("the server streams what is not JSON", data);
    }
    if (typeof chunk !== "object" || chunk === null)
      throw new StrangeReply("the server streams what is no answer", data);
    if (chunk.error !== undefined && chunk.error !== null) throw errorIn(chunk.error);
    this.usage = chunk.usage ?? this.usage;
    const [choice] = chunk.choices ?? [];
    if (choice === undefined) return;
    this.take(choice, choice.delta ?? choice.message);
  }

  document(text: string): void {
    let chunk: Chunk | null;
    try {
      chunk = JSON.parse(text) as Chunk | null;
    } catch {
      // Cut in the middle of JSON, most likely; anything else never was any.
      if (/^\s*[{[]/.test(text)) throw new CutReply("the reply ends in the middle");
      throw new StrangeReply("the server's reply is not JSON", text);
    }
    if (typeof chunk !== "object" || chunk === null) throw new StrangeReply("the server's reply is no answer", text);
    if (chunk.error !== undefined && chunk.error !== null) throw errorIn(chunk.error);
    const [choice] = chunk.choices ?? [];
    if (choice === undefined) throw new StrangeReply("the server's reply has no choices", text);
    this.usage = chunk.usage;
    this.take(choice, choice.message);
    this.streamed = false;
    this.listener.onTokens(Math.max(0, (this.usage?.completion_tokens ?? 0) - this.deltas));
    this.isDone = true;
  }

  end(): Reply {
    const content = this.pieces.join("");
    if (this.finishReason === undefined) {
      if (!this.isDone) throw new CutReply("the reply ends before the answer does");
      if (!this.hasChoices) throw new StrangeReply("the server's reply has no choices", "");
    }
    return {
      content,
      reasoningCharacters: this.reasoningCharacters,
      // Servers that never say why they ended, but that they did, had nothing to tell.
      finishReason: this.finishReason ?? "stop",
      usage: {
        prompt: this.usage?.prompt_tokens ?? 0,
        cached: this.usage?.prompt_tokens_details?.cached_tokens ?? 0,
        completion: this.usage?.completion_tokens ?? this.deltas,
      },
      streamed: this.streamed,
    };
  }

  private take(choice: Choice, message: Message | null | undefined): void {
    this.hasChoices = true;
    const content = message?.content ?? "";
    const reasoning = message?.reasoning ?? message?.reasoning_content ?? "";
    if (content !== "" || reasoning !== "") {
      this.deltas++;
      this.listener.onTokens(1);
    }
    this.reasoningCharacters += reasoning.length;
    if (content !== "") {
      this.pieces.push(content);
      this.listener.onText(content);
    }
    if (choice.finish_reason) this.finishReason = choice.finish_reason;
  }
}

function errorIn(error: unknown): ErrorInReply {
  const { code, status } = (typeof error === "object" ? error : {}) as { code?: unknown; status?: unknown };
  const number = [status, code].map(Number).find((value) => value >= 400 && value < 600);
  return new ErrorInReply(JSON.stringify({ error }), number);
}

/** Calls back with the data of each event. */
async function readEvents(incoming: IncomingMessage, onData: (data: string) => void): Promise<void> {
  let rest = "";
  incoming.setEncoding("utf8");
  for await (const piece of incoming as AsyncIterable<string>) {
    rest += piece;
    const end = rest.lastIndexOf("\n");
    if (end < 0) continue;
    for (const data of eventsOf(rest.slice(0, end))) onData(data);
    rest = rest.slice(end + 1);
  }
  for (const data of eventsOf(rest)) onData(data);
}

/** Every server puts an event's data on one line, so lines are all there is to it. */
function* eventsOf(text: string): Generator<string> {
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("data:")) yield line.slice(5).trim();
    // As older llama.cpp servers report errors.
    else if (line.startsWith("error:")) yield `{"error":${line.slice(6)}}`;
  }
}
