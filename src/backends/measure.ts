/** How fast a backend is, measured with real requests whose prompts no cache has seen. */
import type { Backend, GenerateRequest } from "./backend.js";

export interface Load {
  /** Requests sent together. */
  requests: number;
  /** Tokens of each prompt, about, and most tokens of each answer. */
  promptTokens: number;
  answerTokens: number;
}

export interface Speed extends Load {
  /** Prompt tokens per second until the last request had its first token. */
  prefillPerSecond: number;
  /** Generated tokens per second from then on. */
  decodePerSecond: number;
  /** All tokens over all the time. */
  tokensPerSecond: number;
  /** Milliseconds until the last request had its first token. */
  firstTokenMs: number;
  seconds: number;
  /** As the backend counts them, all requests together. */
  promptTokensTotal: number;
  completionTokensTotal: number;
}

const words =
  "mill stone grain flour water wheel miller bread oven harvest field river wind season farmer village road market weight measure".split(
    " ",
  );

/**
 * Sends requests together and waits for all of them.
 * @param seed other seeds give other prompts
 * @throws {BackendError} when a request fails
 */
export async function measure(backend: Backend, load: Load, seed: number, signal?: AbortSignal): Promise<Speed> {
  const { requests, promptTokens, answerTokens } = load;
  const prompts = await promptsOf(backend, requests, promptTokens, seed);
  const started = performance.now();
  let lastFirst = started;
  const results = await Promise.all(
    prompts.map(async (prompt, index) => {
      const request: GenerateRequest = {
        messages: [{ role: "user", content: prompt }],
        maxTokens: answerTokens,
        sampling: { temperature: 1, topP: 1, seed: seed * 1000 + index },
      };
      let isFirst = true;
      return await backend.generate(request, {
        ...(signal === undefined ? {} : { signal }),
        onDelta: () => {
          if (isFirst) lastFirst = Math.max(lastFirst, performance.now());
          isFirst = false;
        },
      });
    }),
  );
  const ended = performance.now();
  const sum = (key: "promptTokens" | "completionTokens") => results.reduce((total, { usage }) => total + usage[key], 0);
  const [prompt, completion] = [sum("promptTokens"), sum("completionTokens")];
  const rate = (tokens: number, ms: number) => (ms <= 0 ? 0 : (tokens / ms) * 1000);
  return {
    ...load,
    prefillPerSecond: rate(prompt, lastFirst - started),
    // The first token of each is made while prompts are read.
    decodePerSecond: rate(Math.max(0, completion - requests), ended - lastFirst),
    tokensPerSecond: rate(prompt + completion, ended - started),
    firstTokenMs: lastFirst - started,
    seconds: (ended - started) / 1000,
    promptTokensTotal: prompt,
    completionTokensTotal: completion,
  };
}

/** Prompts of about the length that is asked for, each different from its first words on. */
async function promptsOf(backend: Backend, count: number, tokens: number, seed: number): Promise<string[]> {
  let state = (seed + 1) * 2_654_435_761;
  const next = () => {
    // A linear congruential generator (Numerical Recipes): the same seed gives the same prompts.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[state % words.length]!;
  };
  const text = (length: number) => Array.from({ length }, next).join(" ");
  const [of100] = await backend.countTokens([text(100)]);
  const wordsEach = Math.max(4, Math.round((tokens * 100) / Math.max(1, of100 ?? 100)));
  return Array.from({ length: count }, (_, index) => `${index} ${seed}: ${text(wordsEach)}. Go on.`);
}
