/** Whether a server's model sees: it says so, or it is shown a small picture. */
import { chatBody } from "./request-body.js";
import type { Endpoint } from "./endpoint.js";
import type { ServerKind } from "./server-facts.js";

/** 64 x 64 pixels of red: some models refuse what is smaller than one of their patches. */
const smallPicture =
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAYAAACqaXHeAAAABHNCSVQICAgIfAhkiAAAAAFzUkdCAK7OHOkAAACXSURBVHic7dBBEQAgDMCwgX9peAIZedAo6HWdmTsf2zpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ACtATpAa4AO0BqgA7QG6ADtAYXlAkuKWo/9AAAAAElFTkSuQmCC";

/** These tell by themselves whether their model sees. */
const tells: readonly ServerKind[] = ["llama-server", "ollama", "lm-studio"];
/** A first request may make a server compile what pictures need. */
const askMs = 120_000;

/**
 * @returns whether the server takes a message with a picture; a server that takes it and does not look at it cannot be
 *   told from one that does
 */
export async function seesImages({ facts, connection }: Endpoint): Promise<boolean> {
  if (facts === undefined) return false;
  if (facts.images || tells.includes(facts.kind)) return facts.images;
  const { asker, address } = connection;
  const picture = { mediaType: "image/png", bytes: Buffer.from(smallPicture, "base64") };
  const parts = {
    model: facts.model,
    messages: [{ role: "user" as const, content: "Which colour is this? Answer with one word.", images: [picture] }],
    maxTokens: 4,
    sampling: { temperature: 0, topP: 1, seed: 0 },
    responseFormat: undefined,
    stream: false,
  };
  // Some servers know the limit on tokens by another name, or refuse a temperature.
  for (const unsupported of [new Set<never>(), new Set(["max_tokens", "temperature", "top_p", "seed"] as const)]) {
    const body = chatBody(parts, facts.kind, unsupported);
    const reply = await asker.json(`${address.base}/chat/completions`, body, askMs).catch(() => undefined);
    if (typeof reply === "object" && reply !== null && "choices" in reply) {
      facts.images = true;
      return true;
    }
  }
  return false;
}
