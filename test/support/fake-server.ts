/** A server that speaks OpenAI's chat completions and answers by a rule, for tests of the command that need no model. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Property {
  maxItems?: number;
  enum?: string[];
  properties?: Record<string, Property>;
  items?: { properties?: Record<string, Property> };
}

interface Schema {
  properties?: Record<string, Property>;
}

interface Part {
  type: string;
  text?: string;
  image_url?: { url: string };
}

export interface ServerRequest {
  prompt: string;
  /** The pictures as they came: data URIs. */
  images: string[];
  schema: Schema;
  /** Of all chat requests, from 0. */
  number: number;
}

export interface FakeServer extends AsyncDisposable {
  /** What the command line says to use this server. */
  flags: string[];
  url: string;
  requests: ServerRequest[];
  /** Lets the requests go on that a server made with `held` keeps waiting. */
  release: () => void;
}

export interface FakeServerOptions {
  /** Answers come only after `release`. */
  held?: boolean;
  contextTokens?: number;
  /** Takes pictures; otherwise it refuses them, as vLLM does with a model that does not see. */
  sees?: boolean;
  /** What is answered instead of what the rule says; undefined leaves it to the rule. */
  answer?: (request: ServerRequest) => unknown;
  /** The name of its model; "fake" where absent. */
  model?: string;
  /** The rating of a pair; 9 where absent. */
  rate?: (prompt: string) => number;
  /** What the model says, word for word, whatever the schema; undefined: what fits the schema. */
  reply?: (request: ServerRequest) => string | undefined;
}

export async function fakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const requests: ServerRequest[] = [];
  let release: () => void = () => undefined;
  const released = options.held === true ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("content-type", "application/json");
    if (request.url?.endsWith("/models") === true) {
      response.end(
        JSON.stringify({ data: [{ id: options.model ?? "fake", max_model_len: options.contextTokens ?? 2048 }] }),
      );
      return;
    }
    if (request.url?.endsWith("/chat/completions") !== true) {
      response.writeHead(404).end();
      return;
    }
    const body = JSON.parse(await textOf(request)) as {
      messages: { content: string | Part[] }[];
      response_format?: { json_schema?: { schema: Schema } };
    };
    const parts = body.messages.flatMap(({ content }): Part[] =>
      typeof content === "string" ? [{ type: "text", text: content }] : content,
    );
    const images = parts.flatMap((part) => part.image_url?.url ?? []);
    if (images.length > 0 && options.sees !== true) {
      response.writeHead(400);
      response.end(JSON.stringify({ error: { message: "fake is not a multimodal model", code: 400 } }));
      return;
    }
    const prompt = parts.flatMap((part) => part.text ?? []).join("\n");
    if (body.response_format?.json_schema === undefined) {
      const content = options.reply?.({ prompt, images, schema: {}, number: requests.length });
      const usage = { prompt_tokens: 100, completion_tokens: 20 };
      response.end(
        JSON.stringify({ choices: [{ message: { content: content ?? "Text." }, finish_reason: "stop" }], usage }),
      );
      return;
    }
    const { schema } = body.response_format.json_schema;
    // Whether schemas are enforced is asked first, with a word that only an enforced schema gives.
    const probed = schema.properties?.["answer"]?.enum?.[0];
    if (probed !== undefined) {
      const content = JSON.stringify({ answer: probed });
      response.end(JSON.stringify({ choices: [{ message: { content }, finish_reason: "stop" }] }));
      return;
    }
    const asked = { prompt, images, schema, number: requests.length };
    requests.push(asked);
    await released;
    const content = options.reply?.(asked) ?? JSON.stringify(options.answer?.(asked) ?? answerTo(asked, options));
    response.end(JSON.stringify({ choices: [{ message: { content }, finish_reason: "stop" }] }));
  }

  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    requests,
    flags: ["--provider", "vllm", "--api-base", url],
    release: () => release(),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answerTo({ prompt, schema, number }: ServerRequest, { rate }: FakeServerOptions): unknown {
  const properties = schema.properties ?? {};
  if ("rating" in properties) return ratingOf(properties, rate?.(prompt) ?? 9);
  if ("summary" in properties) return { summary: "What the text is about." };
  if ("reasoning" in properties) return { reasoning: `Step ${number + 1}.` };
  const count = properties["items"]?.maxItems ?? 1;
  const each = properties["items"]?.items?.properties ?? {};
  if ("rating" in each) return { items: Array.from({ length: count }, () => ratingOf(each, rate?.(prompt) ?? 9)) };
  const fields = properties["items"]?.items?.properties ?? {};
  const reasoned = "reasoning" in fields;
  const choices = Object.entries(fields).filter(([, field]) => field.enum !== undefined);
  const items = Array.from({ length: count }, (_, i) => ({
    ...Object.fromEntries(choices.map(([name, field]) => [name, field.enum![i % field.enum!.length]])),
    question: `What is fact ${i + 1} of answer ${number + 1}?`,
    ...(reasoned ? { reasoning: "First one thing, then the other." } : {}),
    answer: `It is number ${i + 1}.`,
  }));
  return { items };
}

/** A rating with whatever criteria are asked for. */
function ratingOf(properties: NonNullable<Schema["properties"]>, rating: number): object {
  const criteria = Object.keys(properties["criteria"]?.properties ?? {});
  return {
    reason: "The text says so.",
    ...(criteria.length === 0 ? {} : { criteria: Object.fromEntries(criteria.map((name) => [name, rating])) }),
    rating,
  };
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
