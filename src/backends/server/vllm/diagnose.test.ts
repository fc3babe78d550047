import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../launcher.js";
import { diagnoseVllm } from "./diagnose.js";
import { vllmProgress } from "./progress.js";
import { consequences, engineDeath, goodStart } from "./testing/recorded.js";

const engine = (text: string) => `(EngineCore_DP0 pid=2) ERROR 11-21 00:35:44 [core.py:1136] ${text}`;
/** A failure as it stands in a log: after a usual start, before what follows from it. */
const logOf = (text: string) => [...goodStart.split("\n").slice(0, 11), engine(text), ...consequences.split("\n")];

const needed = (models: string, rest: string) =>
  `ValueError: To serve at least one request with the ${models} max seq len (40960), (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (3.1 GiB). ${rest}`;

describe("what a vLLM that did not start says", () => {
  it.each<[string, Partial<Diagnosis>]>([
    [
      "ValueError: Free memory on device cuda:0 (10.2/79.1 GiB) on startup is less than desired GPU memory utilization (0.92, 72.8 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.",
      { kind: "out-of-memory", where: "free", free: { gib: 10.2, totalGib: 79.1 } },
    ],
    [
      "ValueError: Available memory on node 0 (18.1/23.4 GiB) on startup is less than desired CPU memory utilization (0.92, 21.5 GiB).",
      { kind: "out-of-memory", where: "free", free: { gib: 18.1, totalGib: 23.4 } },
    ],
    [
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 896.00 MiB.",
      { kind: "out-of-memory", where: "weights" },
    ],
    ["torch.AcceleratorError: CUDA error: out of memory", { kind: "out-of-memory", where: "weights" }],
    ["RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory", { kind: "out-of-memory" }],
    [
      "RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization`",
      { kind: "out-of-memory", where: "sampler" },
    ],
    [
      "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.",
      { kind: "out-of-memory", where: "cache" },
    ],
    [
      needed("model's", "Based on the available memory, the estimated maximum model length is 22576. Try increasing"),
      { kind: "context", contextTokens: 22576 },
    ],
    [
      needed("models's", "Based on the available memory, the estimated maximum model length is 22576. Try increasing"),
      { kind: "context", contextTokens: 22576 },
    ],
    [needed("model's", "Try increasing"), { kind: "out-of-memory", where: "cache" }],
    [
      "ValueError: Cannot auto-fit max_model_len: not enough GPU memory available to serve even a single token.",
      { kind: "out-of-memory", where: "cache" },
    ],
    [
      "Value error, User-specified max_model_len (8192) is greater than the derived max_model_len (max_position_embeddings=2048 or model_max_length=None in model's config.json).",
      { kind: "context", contextTokens: 2048 },
    ],
    [
      "ValueError: max_num_batched_tokens (128) must be greater than or equal to max_num_seqs (256).",
      { kind: "hopeless" },
    ],
    [
      "AssertionError: Error in memory profiling. Initial free memory 70.1 GiB, current free memory 71.2 GiB. This happens when other processes sharing the same container release GPU memory while vLLM is profiling",
      { kind: "out-of-memory", where: "other" },
    ],
    ["OSError: [Errno 98] Address already in use", { kind: "port" }],
    ["RuntimeError: Port 8000 is already in use (holder: python)", { kind: "port" }],
    ["OSError: Invalid repository ID or local directory specified: 'x'.", { kind: "hopeless" }],
    [
      "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder",
      { kind: "hopeless" },
    ],
    ["OSError: Cannot access gated repo for url https://huggingface.co/x", { kind: "hopeless" }],
    [
      "ValueError: Model architectures ['X'] are not supported for now. Supported architectures: dict_keys([])",
      { kind: "hopeless" },
    ],
    [
      "ValueError: Model architecture X is not supported in-tree anymore. Please install the plugin at https://x",
      { kind: "hopeless" },
    ],
    [
      "ValueError: Total number of attention heads (14) must be divisible by tensor parallel size (4).",
      { kind: "hopeless" },
    ],
    ["ValueError: World size (8) is larger than the number of available GPUs (4) in this node.", { kind: "hopeless" }],
    ["RuntimeError: Failed to infer device type", { kind: "hopeless" }],
    ["ImportError: libcuda.so.1: cannot open shared object file: No such file or directory", { kind: "hopeless" }],
    [
      "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5.",
      { kind: "hopeless" },
    ],
    [
      "ValueError: The quantization method fp8 is not supported for the current GPU. Minimum capability: 75. Current capability: 70.",
      { kind: "hopeless" },
    ],
    ["RuntimeError: CUDA error: no kernel image is available for execution on the device", { kind: "hopeless" }],
    ["RuntimeError: The NVIDIA driver on your system is too old (found version 12040).", { kind: "hopeless" }],
    ["ValueError: something nobody has seen before", { kind: "unknown" }],
  ])("%s", (text, expected) => {
    const diagnosis = diagnoseVllm(logOf(text));
    expect(diagnosis).toMatchObject(expected);
    expect(diagnosis.message).toBe(text);
    expect(diagnosis.remedy !== undefined).toBe(expected.kind === "hopeless");
  });

  it.each([
    ["vllm: error: unrecognized arguments: --stream-interval 8 --other", "--stream-interval"],
    ["vllm serve: error: argument --kv-cache-dtype: invalid choice: 'fp9' (choose from auto, fp8)", "--kv-cache-dtype"],
    ["vllm serve: error: argument --quantization/-q: invalid choice: 'x'", "--quantization"],
    ["vllm serve: error: argument --dtype: expected one argument", "--dtype"],
  ])("names the flag: %s", (line, flag) => {
    expect(diagnoseVllm(["usage: vllm [-h] {chat,serve}", line])).toMatchObject({ kind: "flag", flag });
  });

  it("tells an engine that the system has killed", () => {
    const line =
      "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {'EngineCore': -9}";
    expect(diagnoseVllm([...goodStart.split("\n"), line])).toMatchObject({ kind: "out-of-memory", where: "other" });
  });

  it("does not blame the weights once they are loaded", () => {
    const line = engine("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.");
    expect(diagnoseVllm([...goodStart.split("\n"), line])).toMatchObject({ kind: "out-of-memory", where: "other" });
  });

  it("prefers what is more exact, though it follows from another", () => {
    const lines = [
      engine("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."),
      engine("RuntimeError: CUDA out of memory occurred when warming up sampler with 256 dummy requests."),
    ];
    expect(diagnoseVllm(lines).where).toBe("sampler");
  });

  it("finds nothing wrong in a usual log, whatever it warns of", () => {
    expect(diagnoseVllm(goodStart.split("\n"))).toEqual({ kind: "unknown", message: "" });
    const warning =
      "(APIServer pid=1) WARNING 11-21 00:34:59 [interface.py:1] Failed to import: ModuleNotFoundError: No module named 'vllm._C'";
    expect(diagnoseVllm([warning])).toEqual({ kind: "unknown", message: "" });
  });

  it("finds the root cause of a death, and not the words of a request", () => {
    const { kind, message } = diagnoseVllm([...goodStart.split("\n"), ...engineDeath.split("\n")]);
    expect(kind).toBe("unknown");
    expect(message).toMatch(/^RuntimeError: .*CPU Generator does not use offset/);
  });

  it("shortens what is long", () => {
    expect(diagnoseVllm([`ValueError: ${"x".repeat(1000)}`]).message).toHaveLength(301);
  });
});

it("progress is read from what a start prints", () => {
  const told = goodStart.split("\n").flatMap((line) => vllmProgress(line) ?? []);
  expect(told).toEqual([
    "context of 2048 tokens",
    "loading weights",
    "loading weights, 0%",
    "loading weights, 100%",
    "weights loaded in 0.04 s",
    "KV cache of 2,359,296 tokens",
    "engine ready in 19.07 s",
    "opening the server",
  ]);
  expect(vllmProgress("Capturing CUDA graphs (decode, FULL):  57%|█████▋    | 20/35 [00:01<00:00]")).toBe(
    "capturing CUDA graphs, 57%",
  );
  expect(vllmProgress("INFO [kv.py:1] GPU KV cache size: 1,234,567 tokens")).toBe("KV cache of 1,234,567 tokens");
  expect(vllmProgress("INFO [b.py:1] torch.compile took 12.5 s in total")).toBe("compiled in 12.5 s");
});
