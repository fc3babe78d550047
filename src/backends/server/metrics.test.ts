import { expect, it } from "vitest";
import { parseMetrics } from "./metrics.js";

const vllm = `# HELP python_gc_objects_collected_total Objects collected during gc
# TYPE python_gc_objects_collected_total counter
python_gc_objects_collected_total{generation="0"} 11321.0
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="quern"} 5.0
vllm:num_requests_running{engine="1",model_name="quern"} 2.0
vllm:num_requests_waiting{engine="0",model_name="quern"} 3.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="quern",reason="capacity"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="quern"} 0.0012478975638868794
vllm:kv_cache_usage_perc{engine="1",model_name="quern"} 0.5
vllm:prompt_tokens_total{engine="0",model_name="quern"} 1.234567e+06
vllm:prompt_tokens_created{engine="0",model_name="quern"} 1.7956e+09
vllm:prompt_tokens_cached_total{engine="0",model_name="quern"} 96.0
vllm:generation_tokens_total{engine="0",model_name="quern"} 42.0
vllm:num_preemptions_total{engine="0",model_name="quern"} 1.0
vllm:cache_config_info{block_size="128",cache_dtype="auto",engine="0",gpu_memory_utilization="0.5",kv_cache_size_tokens="2359296",num_gpu_blocks="18432",sliding_window="None",user="a \\"quoted\\" {name}"} 1.0
`;

it("reads what vLLM tells, and adds up its engines", () => {
  expect(parseMetrics(vllm)).toMatchObject({
    running: 7,
    waiting: 3,
    promptTokens: 1_234_567,
    cachedTokens: 96,
    generatedTokens: 42,
    preemptions: 1,
    cacheUse: 0.5,
    cacheConfig: { block_size: "128", kv_cache_size_tokens: "2359296", num_gpu_blocks: "18432" },
  });
});

it("reads the cache of a vLLM 0.32 as it was recorded", () => {
  const recorded = `vllm:cache_config_info{_block_size_resolved="True",block_size="128",cache_dtype="auto",engine="0",gpu_memory_utilization="0.5",hash_block_size="None",kv_cache_dtype_skip_layers="[]",kv_cache_max_concurrency="128.0",kv_cache_memory_bytes="1073741824",kv_cache_size_tokens="262144",num_gpu_blocks="2048",num_gpu_blocks_override="None",prefix_caching_hash_algo="sha256"} 1.0`;
  const { cacheConfig } = parseMetrics(recorded);
  expect(cacheConfig).toMatchObject({ kv_cache_size_tokens: "262144", num_gpu_blocks: "2048", block_size: "128" });
});

it("reads what llama.cpp's server tells", () => {
  const text = `# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 627
llamacpp:tokens_predicted_total 56
llamacpp:n_decode_total 61
llamacpp:requests_processing 2
llamacpp:requests_deferred 1
`;
  expect(parseMetrics(text)).toMatchObject({
    running: 2,
    waiting: 1,
    promptTokens: 627,
    generatedTokens: 56,
    steps: 61,
  });
});

it.each(["", "not metrics at all", "<html>{}</html>", "vllm:num_requests_running{} NaN"])(
  "has zeros for %j",
  (text) => {
    expect(parseMetrics(text)).toMatchObject({ running: 0, generatedTokens: 0, cacheConfig: {} });
  },
);
