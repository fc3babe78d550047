/** The small parts that stand alone. */
import { describe, expect, it } from "vitest";
import { parseAddress, presentable } from "./address.js";
import { MetricsWatch, parseMetrics } from "./metrics.js";
import { PrefixMemory, prefixesOf } from "./prefixes.js";

describe("metrics", () => {
  const text = [
    "# HELP vllm:num_requests_running Number of requests",
    "# TYPE vllm:num_requests_running gauge",
    'vllm:num_requests_running{engine="0",model_name="a b"} 10.0',
    'vllm:num_requests_running{engine="1",model_name="a b"} 5.0',
    'vllm:num_requests_waiting{engine="0"} 2.0',
    'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 99.0',
    'vllm:kv_cache_usage_perc{engine="0"} 0.25',
    'vllm:kv_cache_usage_perc{engine="1"} 0.5',
    'vllm:num_preemptions_total{engine="0"} 1e1',
    'vllm:num_preemptions_created{engine="0"} 1.7e9',
  ].join("\n");

  it("are added up over engines", () => {
    expect(parseMetrics(text)).toEqual({ running: 15, waiting: 2, cacheUsage: 0.5, preemptions: 10 });
    expect(parseMetrics("process_open_fds 3")).toBeUndefined();
  });

  it("tell when a server is nearly full, and when it throws work away", () => {
    const watch = new MetricsWatch();
    const calm = { running: 100, waiting: 10, cacheUsage: 0.9, preemptions: 7 };
    expect(watch.look(calm)).toEqual({ isNearlyFull: false, hasPreempted: false });
    expect(watch.look({ ...calm, waiting: 11 })).toEqual({ isNearlyFull: true, hasPreempted: false });
    expect(watch.look({ ...calm, cacheUsage: 0.91 })).toEqual({ isNearlyFull: true, hasPreempted: false });
    expect(watch.look({ ...calm, preemptions: 8 })).toEqual({ isNearlyFull: false, hasPreempted: true });
    // Started again.
    expect(watch.look({ ...calm, preemptions: 0 })).toEqual({ isNearlyFull: false, hasPreempted: false });
  });
});

describe("prefixes", () => {
  const prompt = (text: string) => prefixesOf([{ role: "user", content: text }]);

  it("tell how much of a prompt is known", () => {
    const memory = new PrefixMemory();
    memory.add(prompt("a".repeat(1000)));
    expect(memory.hit(prompt("a".repeat(1000)))).toBe(1);
    expect(memory.hit(prompt("a".repeat(500) + "b".repeat(500)))).toBeCloseTo(0.375);
    expect(memory.hit(prompt("b" + "a".repeat(999)))).toBe(0);
    expect(memory.hit([])).toBe(0);
  });

  it("forget what was used least", () => {
    const memory = new PrefixMemory();
    const first = prompt("first");
    const second = prompt("second");
    memory.add(first);
    memory.add(second);
    memory.add(first);
    memory.add(Array.from({ length: 49_999 }, (_, i) => `filler ${i}`));
    expect(memory.hit(second)).toBe(0);
    expect(memory.hit(first)).toBe(1);
  });
});

describe("addresses", () => {
  it.each([
    ["http://localhost:8000/v1", "http://localhost:8000/v1", "http://localhost:8000"],
    ["https://host/api/v1/", "https://host/api/v1", "https://host/api"],
    ["http://[::1]:80/", "http://[::1]", "http://[::1]"],
  ])("of %s", (apiBase, base, root) => {
    expect(parseAddress(apiBase, "", "vllm")).toMatchObject({ base, root, headers: {}, secrets: [] });
  });

  it("are shown without what must not be shown, however it is written", () => {
    const secret = 'a"b/c+d';
    const text = `${secret} ${encodeURIComponent(secret)} ${JSON.stringify({ secret })}`;
    expect(presentable(text, [secret])).toBe('[key] [key] {"secret":"[key]"}');
    expect(presentable("\u001b[31mred\n\nlines\u0000", [])).toBe("[31mred lines");
    expect(presentable("x".repeat(1000), [])).toHaveLength(401);
  });
});
