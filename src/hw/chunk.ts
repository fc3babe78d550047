/** How a context is divided among prompt, chunk and answer. */

/** For what is appended to a prompt and for texts that take a few more tokens in their place than alone. */
export const marginTokens = 64;

/**
 * An answer may take a quarter of what the prompt leaves of the context.
 * @param maxTokens most tokens of an answer that the user wants
 * @returns tokens
 */
export function answerTokensFor(contextTokens: number, promptTokens: number, maxTokens: number): number {
  return Math.max(0, Math.min(maxTokens, Math.floor((contextTokens - promptTokens) / 4)));
}

/** More text than this at once does not make better pairs. */
const maxAutoChunkTokens = 1024;
const minChunkTokens = 32;

/**
 * `context - prompt - 2 x answer - margin` at most: an answer about a chunk may be followed by another of its length.
 * And at most a quarter of the context.
 * @returns tokens
 */
export function chunkTokensFor(contextTokens: number, promptTokens: number, answerTokens: number): number {
  const rule = contextTokens - promptTokens - 2 * answerTokens - marginTokens;
  return Math.max(minChunkTokens, Math.min(rule, maxAutoChunkTokens, Math.floor(contextTokens / 4)));
}
