/** What a busy vLLM says about its room, and what follows for how much it gets. */

export interface Metrics {
  running: number;
  waiting: number;
  /** Share of the memory for contexts that is in use, 0 to 1. */
  cacheUsage: number;
  /** Since the server started. */
  preemptions: number;
}

/** Reads Prometheus' text format; engines of one server are added up, their cache usage is that of the fullest. */
export function parseMetrics(text: string): Metrics | undefined {
  const values = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^\\n]*\\})?[ \\t]+([^\\s]+)`, "gm"))]
      .map((match) => Number(match[1]))
      .filter((value) => !Number.isNaN(value));
  const sum = (name: string) => values(name).reduce((total, value) => total + value, 0);
  const running = values("vllm:num_requests_running");
  if (running.length === 0) return undefined;
  return {
    running: sum("vllm:num_requests_running"),
    waiting: sum("vllm:num_requests_waiting"),
    cacheUsage: Math.max(0, ...values("vllm:kv_cache_usage_perc")),
    preemptions: sum("vllm:num_preemptions_total"),
  };
}

const fullCache = 0.9;

export class MetricsWatch {
  private preemptions: number | undefined;

  /** Whether the server is nearly full, and whether it has thrown work away since the last look. */
  look(metrics: Metrics): { isNearlyFull: boolean; hasPreempted: boolean } {
    // The counter starts again with the server.
    const hasPreempted = this.preemptions !== undefined && metrics.preemptions > this.preemptions;
    this.preemptions = metrics.preemptions;
    return {
      isNearlyFull: metrics.cacheUsage > fullCache || metrics.waiting > Math.max(4, metrics.running / 10),
      hasPreempted,
    };
  }
}
