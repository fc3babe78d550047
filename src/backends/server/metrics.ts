/** What quern reads of a server's `/metrics` (Prometheus text; the names of vLLM and of llama.cpp's server). */

export interface ServerMetrics {
  /** Requests being worked on. */
  running: number;
  waiting: number;
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
  preemptions: number;
  /** Evaluations, where they are counted. */
  steps: number;
  /** Share of the cache in use, 0 to 1; undefined where it is not told. */
  cacheUse?: number;
  /** Labels of vLLM's `cache_config_info`. */
  cacheConfig: Readonly<Record<string, string>>;
}

const names = {
  running: ["vllm:num_requests_running", "llamacpp:requests_processing"],
  waiting: ["vllm:num_requests_waiting", "llamacpp:requests_deferred"],
  promptTokens: ["vllm:prompt_tokens_total", "llamacpp:prompt_tokens_total"],
  cachedTokens: ["vllm:prompt_tokens_cached_total", "llamacpp:prompt_tokens_cached_total"],
  generatedTokens: ["vllm:generation_tokens_total", "llamacpp:tokens_predicted_total"],
  preemptions: ["vllm:num_preemptions_total"],
  steps: ["llamacpp:n_decode_total"],
} as const;
const cacheUseNames = ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "llamacpp:kv_cache_usage_ratio"];

const linePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** @returns zeros for what the text does not have; values of several engines are added up */
export function parseMetrics(text: string): ServerMetrics {
  const sums = new Map<string, number>();
  const uses: number[] = [];
  const cacheConfig: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = line.startsWith("#") ? null : linePattern.exec(line);
    if (match === null) continue;
    const [, name = "", labels = "", value = ""] = match;
    const amount = Number(value);
    if (cacheUseNames.includes(name)) uses.push(amount);
    else if (name === "vllm:cache_config_info")
      for (const [, label = "", content = ""] of labels.matchAll(labelPattern)) cacheConfig[label] = content;
    else if (Number.isFinite(amount)) sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  const sum = (key: keyof typeof names) => names[key].reduce((total, name) => total + (sums.get(name) ?? 0), 0);
  return {
    running: sum("running"),
    waiting: sum("waiting"),
    promptTokens: sum("promptTokens"),
    cachedTokens: sum("cachedTokens"),
    generatedTokens: sum("generatedTokens"),
    preemptions: sum("preemptions"),
    steps: sum("steps"),
    ...(uses.length === 0 ? {} : { cacheUse: Math.max(...uses) }),
    cacheConfig,
  };
}
