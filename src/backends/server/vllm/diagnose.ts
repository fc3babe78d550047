/** What the output of a vLLM that did not start, or that died, says of the reason. */
import type { Diagnosis } from "../launcher.js";

interface Pattern {
  pattern: RegExp;
  make: (match: RegExpExecArray, line: string) => Omit<Diagnosis, "message"> & { message?: string };
}

const hopeless = (remedy: string) => () => ({ kind: "hopeless" as const, remedy });

/** The root cause stands above the errors that follow from it, so the first pattern that matches anywhere decides. */
const patterns: readonly Pattern[] = [
  { pattern: /Address already in use|Port \d+ is already in use/, make: () => ({ kind: "port" }) },
  {
    pattern: /unrecognized arguments: (.*)/,
    make: (match) => ({ kind: "flag", flag: /--[\w-]+/.exec(match[1]!)?.[0] ?? "" }),
  },
  {
    // A value that this version does not know.
    pattern: /error: argument (?:-\w+\/)*(--[\w-]+)\S*: (?:invalid|expected)/,
    make: (match) => ({ kind: "flag", flag: match[1]! }),
  },
  {
    pattern: /Free memory on device \S+ \(([\d.]+)\/([\d.]+) GiB\) on startup is less than desired/,
    make: (match) => ({
      kind: "out-of-memory",
      where: "free",
      free: { gib: Number(match[1]), totalGib: Number(match[2]) },
    }),
  },
  {
    pattern: /Available memory on node \S+ \(([\d.]+)\/([\d.]+) GiB\) on startup is less than desired/,
    make: (match) => ({
      kind: "out-of-memory",
      where: "free",
      free: { gib: Number(match[1]), totalGib: Number(match[2]) },
    }),
  },
  {
    pattern:
      /To serve at least one request with the models?'s max seq len .*?(?:estimated maximum model length is (\d+))/,
    make: (match) => ({ kind: "context", contextTokens: Number(match[1]) }),
  },
  {
    pattern: /To serve at least one request with the models?'s max seq len/,
    make: () => ({ kind: "out-of-memory", where: "cache" }),
  },
  {
    pattern:
      /max_num_batched_tokens \(\d+\) (?:must be greater than or equal to max_num_seqs|is smaller than max_model_len)/,
    make: hopeless("raise vllm.batch_tokens to at least vllm.sequences, or leave both to quern"),
  },
  {
    pattern: /User-specified max_model_len \(\d+\) is greater than the derived max_model_len \([^=]*=(\d+)/,
    make: (match) => ({ kind: "context", contextTokens: Number(match[1]) }),
  },
  {
    pattern: /No available memory for the cache blocks|Cannot auto-fit max_model_len/,
    make: () => ({ kind: "out-of-memory", where: "cache" }),
  },
  {
    pattern: /CUDA out of memory occurred when warming up sampler/,
    make: () => ({ kind: "out-of-memory", where: "sampler" }),
  },
  {
    pattern: /Error in memory profiling/,
    make: () => ({ kind: "out-of-memory", where: "other" }),
  },
  {
    pattern:
      /OutOfMemoryError|(?:CUDA|HIP)(?: error:)? out of memory|DefaultCPUAllocator: can't allocate memory|MemoryError|Cannot allocate memory/,
    make: () => ({ kind: "out-of-memory", where: "weights" }),
  },
  {
    pattern: /Failed core proc\(s\): \{[^}]*: -9\b/,
    make: () => ({
      kind: "out-of-memory",
      where: "other",
      message: "its engine was ended by SIGKILL, as the system does when memory runs out",
    }),
  },
  {
    pattern:
      /Invalid repository ID or local directory specified|Repository Not Found|LocalEntryNotFoundError|OfflineModeIsEnabled|couldn't connect to .*huggingface/i,
    make: hopeless("check the model's path; `quern models pull` fetches a model, vLLM itself is kept from the network"),
  },
  {
    pattern: /Cannot access gated repo|\b40[13] Client Error/,
    make: hopeless("fetch it with `quern models pull` and a token in HF_TOKEN, after accepting its licence"),
  },
  {
    pattern: /Model architectures? .* (?:are|is) not supported/,
    make: hopeless("use a newer vLLM, or a GGUF file of the model with llama.cpp"),
  },
  {
    pattern: /Total number of attention heads \(\d+\) must be divisible by tensor parallel size/,
    make: hopeless("set vllm.tensor_parallel_size to a divisor of the heads"),
  },
  {
    pattern: /World size \(\d+\) is larger than the number of available GPUs/,
    make: hopeless("lower vllm.tensor_parallel_size"),
  },
  {
    pattern: /The NVIDIA driver on your system is too old/,
    make: hopeless("update the driver (580 or later for CUDA 13 builds), or install a vLLM built for CUDA 12.9"),
  },
  {
    pattern: /Failed to infer device type|libcuda\.so\.1: cannot open shared object file/,
    make: hopeless("this vLLM is built for GPUs and finds no driver: use llama.cpp, or a vLLM built for the CPU"),
  },
  {
    pattern:
      /Bfloat16 is only supported on GPUs with compute capability|no kernel image is available|is not supported for the current GPU/,
    make: hopeless("use a GGUF file of the model with llama.cpp, which runs on this card"),
  },
  {
    pattern: /gguf.*plugin|load_format.*gguf|\.gguf.*not supported/i,
    make: hopeless("GGUF files are for llama.cpp: use --provider llama-cpp"),
  },
  {
    pattern: /(?:No such file or directory|No module named|ModuleNotFoundError|ImportError: .*)/,
    make: hopeless("this vLLM is not completely installed: try `vllm --version`"),
  },
];

/** Errors that only follow from another above them. */
const consequences =
  /Engine core initialization failed|EngineCore failed to start|EngineDeadError|EngineCore encountered|raise RuntimeError|Traceback|DeprecationWarning|FutureWarning|^\s*File "/;
/** `(APIServer pid=1)`, `(EngineCore_DP0 pid=1)`, `(Worker_TP0 pid=1)`, `(VllmWorker-0 pid=1)` */
const prefix = /^\((?:APIServer|EngineCore|VllmWorker|Worker)[^)]*\)\s*/;
const stamp = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+[\d-]+ [\d:]+ (?:\[[^\]]*\]\s*)?/;
/** Settings and requests, which may hold any words. */
const dump = /^Dumping |^non-default args|^Initializing a V1 LLM engine/;
/** Once this is told, the weights are in memory. */
const weightsLoaded = /Model loading took|Loading weights took/;

/**
 * @param lines its output, oldest first
 * @returns `unknown` with the last error, or an empty message where there is none
 */
export function diagnoseVllm(lines: readonly string[]): Diagnosis {
  const clean = lines.flatMap((line) => {
    const bare = line.replace(prefix, "");
    const level = stamp.exec(bare)?.[1];
    const text = bare.replace(stamp, "").trim();
    // What it goes on in spite of is not what ended it.
    return dump.test(text) || (level !== undefined && !/ERROR|CRITICAL/.test(level)) ? [] : [text];
  });
  for (const { pattern, make } of patterns)
    for (const line of clean) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const made = make(match, line);
      if (made.where === "weights" && lines.some((one) => weightsLoaded.test(one))) made.where = "other";
      return { message: shortened(line), ...made };
    }
  // After these come the errors of those who waited for the engine.
  const end = clean.findIndex((line) => /Engine core initialization failed|EngineDeadError/.test(line));
  const last = (end < 0 ? clean : clean.slice(0, end)).findLast(
    (line) => /^Value error, |\b\w*(?:Error|Exception)\b\s*:/.test(line) && !consequences.test(line),
  );
  return { kind: "unknown", message: last === undefined ? "" : shortened(last) };
}

function shortened(line: string): string {
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
