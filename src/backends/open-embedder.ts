/** Opens the embedding model that the configuration names, if it names one. */
import type { Config } from "../config/schema.js";
import type { Embedder } from "./embedder.js";

/**
 * @param config of which `curate.embedding` says which model, and where
 * @param onNotice told of what people should know at once
 * @returns what opens it; undefined where none is named. Opening throws {BackendStartError} {InputError} {ConfigError}
 */
export function embedderOpener(
  config: Config,
  onNotice: (text: string) => void = () => undefined,
): (() => Promise<Embedder>) | undefined {
  const { model, api_base, api_key, batch_size } = config.curate.embedding;
  if (api_base !== "")
    return async () => {
      const { OpenAIEmbedder } = await import("./openai/embedder.js");
      return await OpenAIEmbedder.open({ apiBase: api_base, apiKey: api_key, model, batchSize: batch_size });
    };
  if (model !== "")
    return async () => {
      const { LlamaCppEmbedder } = await import("./llama-cpp/embedder.js");
      return await LlamaCppEmbedder.open({ model, gpu: config["llama-cpp"].gpu, onNotice });
    };
  return undefined;
}
