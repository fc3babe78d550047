/** What runs the model: in place, a server that quern starts, or servers at an address. */
import { z } from "zod";
import { providers } from "../providers.js";
import { auto, orAuto, positive, seconds } from "./common.js";

const server = z.object({
  api_key: z.string().default(""),
  model: z.string(),
  max_retries: z.number().int().nonnegative(),
  retry_delay: seconds,
  request_timeout: seconds,
  wait_for_server: seconds,
  sleep_time: seconds,
});

/** Of a server that quern starts itself. */
const program = z.object({
  command: z.string().min(1),
  extra_args: z.array(z.union([z.string(), z.number()]).transform(String)),
  start_timeout: z.number().positive(),
  max_restarts: z.number().int().nonnegative(),
});

export const backendSections = {
  llm: z.object({ provider: z.enum(providers) }),
  "llama-cpp": z.object({
    model: z.string().min(1),
    context: z.union([auto, positive]),
    sequences: z.union([auto, positive.max(256)]),
    batch_size: z.union([auto, positive]),
    cache_type: z.enum(["auto", "f16", "q8_0"]),
    threads: z.union([auto, positive]),
    // YAML 1.1 habits: `off` may arrive as false.
    gpu: z.union([
      z.enum(["auto", "cuda", "vulkan", "metal", "off"]),
      z.literal(false).transform(() => "off" as const),
    ]),
    gpu_layers: z.union([auto, z.literal("max"), z.number().int().nonnegative()]),
    max_restarts: z.number().int().nonnegative(),
  }),
  "llama-server": program.extend({ mmproj: z.string() }),
  vllm: server.extend(program.shape).extend({
    api_base: z.string(),
    port: orAuto(positive.max(65_535)),
    context: orAuto(positive),
    sequences: orAuto(positive),
    batch_tokens: orAuto(positive),
    cache_type: z.enum(["auto", "f16", "fp8"]),
    gpu_memory_utilization: orAuto(z.number().gt(0).max(1)),
    tensor_parallel_size: orAuto(positive),
    replicas: orAuto(positive),
    enforce_eager: z.boolean(),
  }),
  "api-endpoint": server.extend({
    api_base: z.union([z.string(), z.array(z.string().min(1)).min(1)]),
    context: orAuto(positive),
    schema: z.enum(["auto", "json_schema", "json_object", "none"]),
    max_concurrent: orAuto(positive),
  }),
};
