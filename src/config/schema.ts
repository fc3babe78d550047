/** What a configuration may say. The names are those of synthetic-data-kit's config.yaml where they mean the same. */
import { z } from "zod";
import { providers } from "./providers.js";
import { type ChunkLength, parseChunkLength } from "./lengths.js";

const auto = z.literal("auto");
const positive = z.number().int().positive();
const seconds = z.number().nonnegative();

const chunkLength = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context): ChunkLength => {
  const length = parseChunkLength(String(value));
  if (length !== undefined) return length;
  context.addIssue({ code: "custom", message: 'expected a number of characters, or for example "512 tokens"' });
  return z.NEVER;
});

const orAuto = <T extends z.ZodType>(type: T) => z.union([auto, type]);

const server = z.object({
  api_key: z.string().default(""),
  model: z.string(),
  max_retries: z.number().int().nonnegative(),
  retry_delay: seconds,
  request_timeout: seconds,
  wait_for_server: seconds,
});

/** Of a server that quern starts itself. */
const program = z.object({
  command: z.string().min(1),
  extra_args: z.array(z.union([z.string(), z.number()]).transform(String)),
  start_timeout: z.number().positive(),
  max_restarts: z.number().int().nonnegative(),
});

export const configSchema = z.object({
  paths: z.object({
    output: z.object({ parsed: z.string(), generated: z.string(), curated: z.string(), final: z.string() }),
  }),
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
  generation: z.object({
    temperature: z.number().min(0).max(2),
    top_p: z.number().gt(0).max(1),
    max_tokens: positive,
    chunk_size: z.union([auto, chunkLength]),
    overlap: z.union([auto, chunkLength]),
    num_pairs: positive.max(100_000),
    num_cot_examples: positive.max(100_000),
    enable_deduplication: z.boolean(),
    retries: z.number().int().nonnegative(),
    concurrency: z.union([auto, positive]),
    seed: z.number().int(),
  }),
  curate: z.object({ threshold: z.number().min(1).max(10), temperature: z.number().min(0).max(2) }),
  format: z.object({ default: z.string() }),
  prompts: z.object({
    summary: z.string(),
    qa_generation: z.string(),
    cot_generation: z.string(),
    qa_rating: z.string(),
  }),
});

export type Config = z.output<typeof configSchema>;

/** Keys of synthetic-data-kit that have no effect here, and why. */
export const supersededKeys: Readonly<Record<string, string>> = {
  "paths.input": "inputs are named on the command line",
  "vllm.port": "vllm.api_base has the port, and a server that quern starts takes a free one",
  "vllm.sleep_time": "requests are paced by what the server sustains",
  "api-endpoint.sleep_time": "requests are paced by what the server sustains",
  "ingest.default_format": "parsed documents are always Lance datasets",
  "ingest.youtube_captions": "YouTube is not ingested",
  "generation.processing_strategy": "a document that fits a chunk is read in one piece, any other is cut into chunks",
  "generation.single_call_max_size": "a document that fits a chunk is read in one piece",
  "generation.batch_size": "requests are batched continuously; see generation.concurrency",
  "generation.max_context_length": "the model's context is used; see llama-cpp.context",
  "generation.summary_overlap": "chunks overlap by generation.overlap",
  "generation.num_cot_enhance_examples": "cot-enhance is not available",
  "generation.similarity_threshold": "only equal questions are dropped as duplicates",
  "curate.batch_size": "each pair is rated on its own",
  "curate.inference_batch": "requests are batched continuously; see generation.concurrency",
  "format.include_metadata": "provenance is always kept",
  "format.pretty_json": "JSON is always indented",
  "prompts.cot_enhancement": "cot-enhance is not available",
};
