/** Servers that somebody else runs, at the addresses that the user named. */
import type { Config } from "../config/schema.js";
import { ConfigError } from "../errors.js";
import type { Backend } from "./backend.js";
import { OpenAIBackend, type OpenAIOptions } from "./openai/backend.js";

/** The port of a vLLM that was started without further ado. */
const usualPort = 8000;
const lookMs = 1_000;

/** Where a server of this machine is looked for: at `vllm.port`, or the usual one. */
export function homeAddress({ vllm }: Config): string {
  return `http://localhost:${vllm.port === "auto" ? usualPort : vllm.port}/v1`;
}

/** @returns the address of a server that answers on this machine's port for vLLM; undefined where none does */
export async function vllmAtHome(config: Config): Promise<string | undefined> {
  const home = homeAddress(config);
  try {
    const response = await fetch(`${home}/models`, { signal: AbortSignal.timeout(lookMs), redirect: "error" });
    const text = await response.text();
    // One that asks for a key is a server all the same; other programs listen on this port, too.
    return response.status === 401 || (response.ok && isModelList(text)) ? home : undefined;
  } catch {
    return undefined;
  }
}

/** @throws {SyntaxError} for what is not JSON */
function isModelList(text: string): boolean {
  const value = JSON.parse(text) as { data?: unknown } | null;
  return Array.isArray(value?.data);
}

/** @throws {BackendStartError} when it cannot be reached, refuses the key or does not have the model */
export async function openVllmAt(config: Config, address: string, onNotice: (text: string) => void): Promise<Backend> {
  const { vllm } = config;
  return await OpenAIBackend.open({
    ...common("vllm", config),
    endpoints: [{ apiBase: address, apiKey: vllm.api_key }],
    ...(vllm.context === "auto" ? {} : { contextTokens: vllm.context }),
    ...(vllm.sequences === "auto" ? {} : { maxConcurrent: vllm.sequences }),
    onNotice,
  });
}

/** @throws {ConfigError} when no address is given */
export async function openEndpoints(config: Config, onNotice: (text: string) => void): Promise<Backend> {
  const settings = config["api-endpoint"];
  const given = Array.isArray(settings.api_base) ? settings.api_base : settings.api_base.split(/[\s,]+/);
  const addresses = given.filter((address) => address !== "");
  if (addresses.length === 0)
    throw new ConfigError("api-endpoint.api_base is empty", {
      remedy: "give the server's address with --api-base, for example http://localhost:11434/v1",
    });
  return await OpenAIBackend.open({
    ...common("api-endpoint", config),
    endpoints: addresses.map((apiBase) => ({ apiBase, apiKey: settings.api_key })),
    schemaMode: settings.schema,
    ...(settings.context === "auto" ? {} : { contextTokens: settings.context }),
    ...(settings.max_concurrent === "auto" ? {} : { maxConcurrent: settings.max_concurrent }),
    onNotice,
  });
}

function common(provider: "vllm" | "api-endpoint", config: Config): OpenAIOptions {
  const settings = config[provider];
  const { concurrency } = config.generation;
  return {
    provider,
    model: settings.model,
    maxRetries: settings.max_retries,
    retryDelayMs: settings.retry_delay * 1000,
    requestTimeoutMs: settings.request_timeout * 1000,
    waitForServerMs: settings.wait_for_server * 1000,
    spacingMs: settings.sleep_time * 1000,
    ...(concurrency === "auto" ? {} : { concurrency }),
  };
}
