/** Output of vLLM 0.32 on a CPU, as it was recorded, shortened; and settings to try. */
import type { VllmSettings } from "../settings.js";

export const goodStart = `Triton is installed, but doesn't include CPU backend. Disabling Triton.
(APIServer pid=21196) INFO 11-21 00:34:59 [api_utils.py:347]  ▄▄ ▄█ █     █     █ ▀▄▀ █  version 0.32.0
(APIServer pid=21196) INFO 11-21 00:34:59 [api_utils.py:286] non-default args: {'model_tag': '/models/mill', 'host': '127.0.0.1', 'port': 41541}
(APIServer pid=21196) WARNING 11-21 00:34:59 [system_utils.py:255] Found ulimit of 20000 and failed to automatically increase with error current limit exceeds maximum limit. This can cause fd limit errors like \`OSError: [Errno 24] Too many open files\`. Consider increasing with ulimit -n
(APIServer pid=21196) INFO 11-21 00:35:08 [model.py:733] Resolved architecture: LlamaForCausalLM
(APIServer pid=21196) INFO 11-21 00:35:08 [model.py:2152] Using max model len 2048
(APIServer pid=21196) WARNING 11-21 00:35:08 [vllm.py:725] Model Runner V2 requires Triton; using the V1 model runner instead.
(EngineCore pid=21388) INFO 11-21 00:35:13 [core.py:133] Initializing a V1 LLM engine (v0.32.0) with config: model='/models/mill', speculative_config=None
site-packages/vllm/triton_utils/dispatcher.py:138: FutureWarning: \`torch.distributed.reduce_op\` is deprecated, please use \`torch.distributed.ReduceOp\` instead
[W1121 00:35:20.226074638 utils.cpp:68] Warning: NUMA binding: Using MEMBIND policy for memory allocation on the NUMA nodes (0).
(Worker pid=21399) INFO 11-21 00:35:21 [cpu_model_runner.py:68] Starting to load model /models/mill...
Loading safetensors checkpoint shards:   0% Completed | 0/1 [00:00<?, ?it/s]
Loading safetensors checkpoint shards: 100% Completed | 1/1 [00:00<00:00, 28.00it/s]
(Worker pid=21399) INFO 11-21 00:35:21 [default_loader.py:501] Loading weights took 0.04 seconds
(Worker pid=21399) INFO 11-21 00:35:21 [cpu_worker.py:260] Explicitly set (9.0/13.21) GiB for KV cache on node 0.
(EngineCore pid=21388) INFO 11-21 00:35:21 [kv_cache_utils.py:2327] CPU KV cache size: 2,359,296 tokens, Maximum concurrency for 2,048 tokens per request: 1152.00x
(EngineCore pid=21388) INFO 11-21 00:35:40 [core.py:402] init engine (profile, create kv cache, warmup model) took 19.07 s
(APIServer pid=21196) INFO 11-21 00:35:41 [entry.py:136] Supported tasks: ['generate']
(APIServer pid=21196) INFO 11-21 00:35:41 [entry.py:140] Starting vLLM server on http://127.0.0.1:41541
(APIServer pid=21196) INFO 11-21 00:35:41 [launcher.py:195] Route: /health, Methods: GET
INFO:     Started server process [21196]
INFO:     Application startup complete.
(APIServer pid=22316) INFO 11-21 00:38:02 [loggers.py:335] Engine 000: Avg prompt throughput: 53.7 tokens/s, Avg generation throughput: 25.4 tokens/s, Running: 1 reqs, Waiting: 0 reqs, CPU KV cache usage: 0.0%, Prefix cache hit rate: 0.0%`;

/** Its engine dies at a request. */
export const engineDeath = `(Worker pid=21399) ERROR 11-21 00:35:44 [multiproc_executor.py:1063] WorkerProc hit an exception.
(Worker pid=21399) ERROR 11-21 00:35:44 [multiproc_executor.py:1063] Traceback (most recent call last):
(Worker pid=21399) ERROR 11-21 00:35:44 [multiproc_executor.py:1063]   File "site-packages/vllm/v1/worker/gpu_model_runner.py", line 3502, in _bookkeeping_sync
(Worker pid=21399) ERROR 11-21 00:35:44 [multiproc_executor.py:1063]     gen.set_offset(gen.get_offset() - 4)
(Worker pid=21399) ERROR 11-21 00:35:44 [multiproc_executor.py:1063] RuntimeError: CPU Generator does not use offset
(EngineCore pid=21388) ERROR 11-21 00:35:44 [dump_input.py:79] Dumping scheduler output for model execution: SchedulerOutput(scheduled_new_reqs=[NewRequestData(schema='MemoryError: No such file or directory')])
(EngineCore pid=21388) ERROR 11-21 00:35:44 [core.py:1512] EngineCore encountered a fatal error.
(EngineCore pid=21388) ERROR 11-21 00:35:44 [core.py:1512] Traceback (most recent call last):
(EngineCore pid=21388) ERROR 11-21 00:35:44 [core.py:1512]     raise RuntimeError(
(EngineCore pid=21388) ERROR 11-21 00:35:44 [core.py:1512] RuntimeError: Worker failed with error 'CPU Generator does not use offset', please check the stack trace above for the root cause
(EngineCore pid=21388) INFO 11-21 00:35:44 [multiproc_executor.py:479] [shutdown] Executor: waiting for worker exit count=1
(APIServer pid=21196) ERROR 11-21 00:35:44 [async_llm.py:906] AsyncLLM output_handler failed.
(APIServer pid=21196) ERROR 11-21 00:35:44 [async_llm.py:906] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.
(APIServer pid=21196) ERROR 11-21 00:35:44 [serving.py:929] Error in chat completion stream generator.
(APIServer pid=21196) ERROR 11-21 00:35:44 [serving.py:929] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.
INFO:     Shutting down
INFO:     Finished server process [21196]
(APIServer pid=21196) INFO 11-21 00:35:46 [core_client.py:777] [shutdown] MPClient: complete`;

/** What follows a root cause when a start fails. */
export const consequences = `(EngineCore pid=2) ERROR 11-21 00:35:44 [core.py:1136] Traceback (most recent call last):
(APIServer pid=1) Traceback (most recent call last):
(APIServer pid=1)   File "site-packages/vllm/entrypoints/openai/api_server.py", line 640, in build_async_engine_client
(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
/usr/lib/python3.11/multiprocessing/resource_tracker.py:254: UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up at shutdown`;

export function settingsWith(changes: Partial<VllmSettings> = {}): VllmSettings {
  return {
    program: { command: "/opt/vllm/bin/vllm", version: "0.29.0", cpuOnly: false },
    model: "/models/mill",
    servedName: "quern",
    gpus: [0],
    gpuVendor: "nvidia",
    computeCapability: 9,
    maxModelLen: 8192,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 8192,
    gpuMemoryUtilization: 0.92,
    cacheType: "auto",
    enforceEager: false,
    isQuantized: false,
    threads: 8,
    extraArgs: [],
    dropped: [],
    ...changes,
  };
}

/** As planned for a vLLM of the CPU. */
export const cpuSettings = settingsWith({
  program: { command: "/opt/vllm/bin/vllm", version: "0.32.0+cpu", cpuOnly: true },
  gpus: [],
  gpuVendor: "none",
  computeCapability: 0,
  maxModelLen: 2048,
  maxNumSeqs: 32,
  maxNumBatchedTokens: 4096,
  gpuMemoryUtilization: 0.5,
  dtype: "bfloat16",
  enforceEager: true,
  cacheGib: 4,
  threads: 2,
});
