/** Counts tokens: with the server's own tokenizer where it shares it, else by an estimate from above. */
import type { ChatMessage } from "../backend.js";
import type { Endpoint } from "./endpoint.js";
import { failureOf } from "./failures.js";
import type { Settings } from "./options.js";
import type { Pool } from "./pool.js";

/** Languages take from two to five bytes per token, so this errs upwards. */
const bytesPerToken = 3;
const tokensPerMessage = 8;
/** Questions to the server at once. */
const parallel = 8;
const maxAttempts = 5;
const cacheSize = 4096;
/** Longer texts are not kept. */
const maxCachedLength = 4096;
const askMs = 30_000;

export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

export function estimateMessageTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + tokensPerMessage, tokensPerMessage);
}

export class TokenCounter {
  private readonly cache = new Map<string, number>();
  private hasNoticed = false;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly settings: Settings,
  ) {}

  /**
   * @returns one count per text, in order
   * @throws {BackendLostError} when no server is left
   */
  count(texts: readonly string[]): Promise<number[]> {
    return Promise.all(texts.map((text) => this.countOne(text)));
  }

  /** @throws {BackendLostError} when no server is left */
  countMessages(messages: readonly ChatMessage[]): Promise<number> {
    const texts = messages.map(({ role, content }) => ({ role, content }));
    return this.ask(
      (endpoint) => askMessages(endpoint, texts),
      () => estimateMessageTokens(texts),
    );
  }

  private async countOne(text: string): Promise<number> {
    if (text === "") return 0;
    const known = this.cache.get(text);
    if (known !== undefined) {
      this.cache.delete(text);
      this.cache.set(text, known);
      return known;
    }
    const count = await this.ask(
      (endpoint) => askText(endpoint, text),
      () => estimateTokens(text),
    );
    if (text.length <= maxCachedLength) this.cache.set(text, count);
    const oldest = this.cache.size > cacheSize ? this.cache.keys().next() : undefined;
    if (oldest?.done === false) this.cache.delete(oldest.value);
    return count;
  }

  /** Asks again where a server was lost; an estimate in between would cut texts differently from one run to the next. */
  private async ask(
    question: (endpoint: Endpoint) => Promise<number> | undefined,
    estimate: () => number,
  ): Promise<number> {
    let reason = "";
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const endpoint = await this.pool.anyUp();
      const { epoch } = endpoint;
      await this.enter();
      try {
        const answer = question(endpoint);
        if (answer === undefined) return estimate();
        const count = await answer;
        if (Number.isInteger(count) && count >= 0) return count;
        reason = "the server's answer is no count";
        break;
      } catch (error) {
        const { secrets } = endpoint.connection.address;
        const { name } = endpoint;
        const failure = failureOf(error, {
          secrets,
          server: name,
          models: [],
          maxTokens: 0,
          contextTokens: 0,
          now: Date.now(),
        });
        reason = failure.kind === "final" ? failure.error.message : failure.reason;
        if (failure.kind === "lost") endpoint.suspect(reason, epoch);
        else if (failure.kind !== "again" && failure.kind !== "full") break;
      } finally {
        this.leave();
      }
    }
    if (!this.hasNoticed)
      this.settings.onNotice(`${this.settings.provider}: tokens are estimated, since counting failed: ${reason}`);
    this.hasNoticed = true;
    return estimate();
  }

  private async enter(): Promise<void> {
    if (this.running < parallel) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}

function askText({ facts, connection }: Endpoint, text: string): Promise<number> | undefined {
  const { asker, address } = connection;
  const url = `${address.root}/tokenize`;
  switch (facts?.tokenizer) {
    case "vllm":
      return countIn(asker.json(url, { model: facts.model, prompt: text, add_special_tokens: false }, askMs));
    case "llama-server":
      // What stands in a document is text, whatever control tokens it spells.
      return lengthIn(asker.json(url, { content: text, add_special: false, parse_special: false }, askMs));
    case undefined:
      return undefined;
  }
}

function askMessages({ facts, connection }: Endpoint, messages: readonly ChatMessage[]): Promise<number> | undefined {
  const { asker, address } = connection;
  const url = `${address.root}/tokenize`;
  const thinkingOff = { chat_template_kwargs: { enable_thinking: false } };
  switch (facts?.tokenizer) {
    case "vllm":
      return countIn(asker.json(url, { model: facts.model, messages, ...thinkingOff }, askMs));
    case "llama-server":
      return asker.json(`${address.root}/apply-template`, { messages, ...thinkingOff }, askMs).then((reply) => {
        const content = (reply as { prompt?: unknown } | null)?.prompt;
        return lengthIn(asker.json(url, { content, add_special: true, parse_special: true }, askMs));
      });
    case undefined:
      return undefined;
  }
}

async function countIn(reply: Promise<unknown>): Promise<number> {
  return Number(((await reply) as { count?: unknown } | null)?.count);
}

async function lengthIn(reply: Promise<unknown>): Promise<number> {
  const tokens = ((await reply) as { tokens?: unknown } | null)?.tokens;
  return Array.isArray(tokens) ? tokens.length : NaN;
}
