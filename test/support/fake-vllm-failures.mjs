/** What vLLM says when it does not start (its sources, 0.28), and when it says so of memory. */

export const failures = {
  "bad-path": "OSError: Invalid repository ID or local directory specified: '/nowhere'.",
  architecture:
    "ValueError: Model architectures ['OddForCausalLM'] are not supported for now. Supported architectures: dict_keys(['LlamaForCausalLM'])",
  heads: "ValueError: Total number of attention heads (14) must be divisible by tensor parallel size (4).",
  driver: "RuntimeError: The NVIDIA driver on your system is too old (found version 12040).",
  strange: "ValueError: something nobody has seen before",
  killed:
    "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {'EngineCore': -9}",
};

const mib = 1 / 1024;

/** The arithmetic of its start, simplified: the text of the failure, or the tokens that the cache holds. */
export function memoryFailure(flags, { totalGib, freeGib, weightsGib, kibPerToken }) {
  const share = Number(flags.gpu_memory_utilization);
  const sequences = Number(flags.max_num_seqs);
  const context = Number(flags.max_model_len);
  const budget = totalGib * share;
  const weights = flags.quantization === undefined ? weightsGib : weightsGib / 2;
  if (budget > freeGib)
    return {
      isLoaded: false,
      text:
        `ValueError: Free memory on device cuda:0 (${freeGib}/${totalGib} GiB) on startup is less than desired GPU memory utilization ` +
        `(${share}, ${budget.toFixed(2)} GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.`,
    };
  if (weights > budget)
    return {
      isLoaded: false,
      text:
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 896.00 MiB. GPU 0 has a total capacity of " +
        `${totalGib} GiB of which 512.00 MiB is free.`,
    };
  const activations = Number(flags.max_num_batched_tokens) * 0.5 * mib;
  const sampler = sequences * 8 * mib;
  if (weights + activations + sampler > budget)
    return {
      isLoaded: true,
      text:
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB.\n" +
        `RuntimeError: CUDA out of memory occurred when warming up sampler with ${sequences} dummy requests. Please try lowering ` +
        "`max_num_seqs` or `gpu_memory_utilization` when initializing the engine.",
    };
  const graphs = flags.enforce_eager === true ? 0 : 1;
  const cache = budget - weights - activations - graphs;
  if (cache <= 0)
    return {
      isLoaded: true,
      text: "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.",
    };
  const perToken = kibPerToken * (flags.kv_cache_dtype === "fp8" ? 0.5 : 1);
  const tokens = Math.floor((cache * 1024 * 1024) / perToken / 16) * 16;
  if (tokens < context)
    return {
      isLoaded: true,
      text:
        `ValueError: To serve at least one request with the model's max seq len (${context}), (${((context * perToken) / 1024 ** 2).toFixed(2)} GiB KV cache ` +
        `is needed, which is larger than the available KV cache memory (${cache.toFixed(2)} GiB). Based on the available memory, the estimated ` +
        `maximum model length is ${tokens}. Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.`,
    };
  return { isLoaded: true, cacheTokens: tokens };
}
