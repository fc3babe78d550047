/** Opens the backend that the configuration names: the only file that knows them all. */
import type { Config } from "../config/schema.js";
import { ConfigError } from "../errors.js";
import type { Backend } from "./backend.js";

/**
 * @param onNotice told of what people should know at once
 * @throws {BackendStartError} {OutOfMemoryError} {InputError} {ConfigError}
 */
export async function openBackend(
  config: Config,
  onNotice: (text: string) => void = () => undefined,
): Promise<Backend> {
  const { provider } = config.llm;
  switch (provider) {
    case "llama-cpp": {
      const { LlamaCppBackend } = await import("./llama-cpp/backend.js");
      const settings = config["llama-cpp"];
      return await LlamaCppBackend.open({
        model: settings.model,
        context: settings.context,
        sequences: settings.sequences,
        threads: settings.threads,
        batchSize: settings.batch_size,
        gpu: settings.gpu === "off" ? false : settings.gpu,
        gpuLayers: settings.gpu_layers,
        maxRestarts: settings.max_restarts,
        onNotice,
      });
    }
    case "vllm":
    case "api-endpoint": {
      const { OpenAIBackend } = await import("./openai/backend.js");
      const settings = config[provider];
      if (settings.api_base === "")
        throw new ConfigError(`${provider}.api_base is empty`, {
          remedy: "give the server's address, for example http://localhost:8000/v1",
        });
      return await OpenAIBackend.open({
        provider,
        apiBase: settings.api_base,
        apiKey: settings.api_key,
        model: settings.model,
        maxRetries: settings.max_retries,
        retryDelayMs: settings.retry_delay * 1000,
      });
    }
  }
}
