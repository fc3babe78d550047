import { expect, it } from "vitest";
import { loadConfig } from "../config/load.js";
import { planRequest } from "./plan-request.js";

it("takes the sizes of the backend that the model's format asks for", async () => {
  const flags = {
    "llama-cpp": { context: 1024, sequences: 2, batch_size: 128, cache_type: "q8_0" },
    vllm: { context: 4096, sequences: 9, batch_tokens: 8192, cache_type: "fp8", replicas: 2 },
  };
  const { config } = await loadConfig({ flags, environment: {} });
  const llama = { context: 1024, sequences: 2, batchTokens: 128, cacheType: "q8_0" };
  const vllm = { context: 4096, sequences: 9, batchTokens: 8192, cacheType: "fp8", replicas: 2 };
  expect(planRequest(config)).toMatchObject(llama);
  expect(planRequest(config, undefined, "gguf")).toMatchObject(llama);
  expect(planRequest(config, undefined, "safetensors")).toMatchObject(vllm);
  const chosen = { ...config, llm: { provider: "vllm" as const } };
  expect(planRequest(chosen)).toMatchObject(vllm);
});
