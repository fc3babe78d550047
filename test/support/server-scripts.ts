/** A server whose every answer a test decides, on a port of 127.0.0.1; it can be killed and started again there. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
  stream?: boolean;
  stream_options?: object;
  max_tokens?: number;
  max_completion_tokens?: number;
  temperature?: number;
  top_p?: number;
  seed?: number;
  chat_template_kwargs?: object;
  response_format?: { type: string; json_schema?: { schema: Record<string, unknown> } };
}

/** What a route gives that never answers. */
export const silence = Symbol("silence");

/** One chat request, and ways to answer it. */
export class Chat {
  /** Fulfilled when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;

  constructor(
    /** Of all chat requests of the server, from 0. */
    readonly number: number,
    readonly body: ChatBody,
    readonly headers: IncomingHttpHeaders,
    readonly response: ServerResponse,
  ) {
    this.closed = new Promise((resolve) => response.once("close", resolve));
  }

  get prompt(): string {
    return this.body.messages.map((message) => message.content).join("\n");
  }

  /** Streams a piece of the answer. */
  piece(content: string): void {
    this.event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  }

  event(data: object | string): void {
    if (!this.response.headersSent) this.response.writeHead(200, { "content-type": "text/event-stream" });
    this.response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }

  /** Ends the answer, after the pieces if there were any. */
  finish(finishReason = "stop", tokens = 3): void {
    this.event({ choices: [{ index: 0, delta: {}, finish_reason: finishReason }] });
    this.event({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: tokens, prompt_tokens_details: { cached_tokens: 4 } },
    });
    this.event("[DONE]");
    this.response.end();
  }

  answer(content: string, finishReason = "stop", tokens = 3): void {
    this.piece(content);
    this.finish(finishReason, tokens);
  }

  send(status: number, body: object | string, headers: Record<string, string> = {}): void {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.response
      .writeHead(status, {
        "content-type": typeof body === "string" ? "text/html" : "application/json",
        ...headers,
      })
      .end(text);
  }

  fail(status: number, message: string, headers: Record<string, string> = {}): void {
    this.send(status, { error: { message } }, headers);
  }

  /** Breaks the connection. */
  cut(): void {
    this.response.destroy();
  }
}

export interface ScriptOptions {
  /** What `GET /v1/models` lists. */
  models?: object[];
  /** Other routes by method and path, as `GET /version`: what they answer, a status, or {@link silence}. */
  routes?: Record<string, (body: unknown) => unknown>;
  /** What it does with schemas when it is asked for them as a probe; real requests go to `onChat`. */
  schemas?: "json_schema" | "json_object" | "none";
  /** Refuses response formats with 400 in place of ignoring them. */
  refusesFormats?: boolean;
  onChat?: (chat: Chat) => unknown;
  /** Answers probes in place of `schemas`. */
  onProbe?: (chat: Chat) => unknown;
}

export class ScriptedServer implements AsyncDisposable {
  readonly chats: Chat[] = [];
  /** Method and path of everything asked but chats. */
  readonly asked: string[] = [];
  /** The formats asked for by probes. */
  readonly probes: string[] = [];
  /** Chats under way, now and at most. */
  inFlight = 0;
  peak = 0;
  port = 0;
  onChat: (chat: Chat) => unknown;
  private server: Server | undefined;

  private constructor(private readonly options: ScriptOptions) {
    this.onChat = options.onChat ?? ((chat) => chat.answer(`answer ${chat.number}`));
  }

  static async start(options: ScriptOptions = {}): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(options);
    await scripted.listen();
    return scripted;
  }

  get root(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get apiBase(): string {
    return `${this.root}/v1`;
  }

  /** Starts it, on the port it had before. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const text = Buffer.concat(pieces).toString();
        const route = `${request.method ?? ""} ${request.url ?? ""}`;
        if (route === "POST /v1/chat/completions") this.chat(text, request.headers, response);
        else this.other(route, text, response);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  /** Refuses new connections and leaves those there are as they are. */
  stopListening(): void {
    this.server?.close();
  }

  /** As a process that is killed: connections are reset, and nobody listens. */
  async kill(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  private chat(text: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
    const body = JSON.parse(text) as ChatBody;
    if (text.includes("quernstone-47") || text.includes('\\"ready\\": true'))
      return this.probe(body, headers, response);
    const chat = new Chat(this.chats.length, body, headers, response);
    this.chats.push(chat);
    this.peak = Math.max(this.peak, ++this.inFlight);
    response.once("close", () => this.inFlight--);
    void this.onChat(chat);
  }

  private probe(body: ChatBody, headers: IncomingHttpHeaders, response: ServerResponse): void {
    const chat = new Chat(-1, body, headers, response);
    const { schemas = "json_schema", refusesFormats = false } = this.options;
    const type = body.response_format?.type ?? "";
    this.probes.push(type);
    if (this.options.onProbe !== undefined) return void this.options.onProbe(chat);
    if (schemas === type) return chat.answer(type === "json_schema" ? '{"answer": "quernstone-47"}' : '{"ready":true}');
    if (refusesFormats) return chat.fail(400, `response_format ${type} is not available`);
    chat.answer("Sure! It is Paris.");
  }

  private other(route: string, text: string, response: ServerResponse): void {
    this.asked.push(route);
    const models = { data: this.options.models ?? [{ id: "m1", max_model_len: 4096 }] };
    const handler = this.options.routes?.[route] ?? (route === "GET /v1/models" ? () => models : undefined);
    const value = handler?.(text === "" ? undefined : JSON.parse(text));
    if (value === silence) return;
    if (value === undefined) response.writeHead(404).end("no such route");
    else if (typeof value === "number") response.writeHead(value).end(JSON.stringify({ error: `HTTP ${value}` }));
    else response.end(typeof value === "string" ? value : JSON.stringify(value));
  }
}

/** Fulfilled when `condition` holds; checked whenever the event loop has turned. A test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
