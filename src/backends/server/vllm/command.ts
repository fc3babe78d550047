/** The command line and environment of `vllm serve`, by version (flags: vLLM 0.10 to 0.32, `vllm serve --help=all`). */
import path from "node:path";
import type { ServerCommand } from "../server-process.js";
import type { VllmSettings } from "./settings.js";

const graceMs = 15_000;

/** A flag with the first version that has it; every flag here can be left out. */
interface OptionalFlag {
  flag: string;
  value?: string;
  since: string;
}

export function vllmCommand(settings: VllmSettings, port: number, key: string): ServerCommand {
  const { program, model, extraArgs, dropped } = settings;
  const own = [...requiredFlags(settings, port), ...optionalFlags(settings)];
  const args = own.flatMap(([flag, value]) =>
    dropped.includes(flag) || isGiven(extraArgs, flag) ? [] : value === undefined ? [flag] : [flag, value],
  );
  return {
    command: program.command,
    // The model is positional: `--model` only warns.
    args: ["serve", model, ...args, ...extraArgs],
    env: environment(settings, key),
    graceMs,
  };
}

type Flag = readonly [flag: string, value?: string];

/** Known to all versions since 0.10. */
function requiredFlags(settings: VllmSettings, port: number): Flag[] {
  const { program, servedName, maxModelLen, maxNumSeqs, maxNumBatchedTokens, gpuMemoryUtilization, gpus, cacheType } =
    settings;
  return [
    ["--served-model-name", servedName],
    // Its default is every interface of the machine.
    ["--host", "127.0.0.1"],
    ["--port", String(port)],
    ["--max-model-len", String(maxModelLen)],
    ["--max-num-seqs", String(maxNumSeqs)],
    // Without pieces a step must hold the longest prompt.
    [
      "--max-num-batched-tokens",
      String(program.cpuOnly ? Math.max(maxNumBatchedTokens, maxModelLen) : maxNumBatchedTokens),
    ],
    ["--gpu-memory-utilization", String(gpuMemoryUtilization)],
    ...(gpus.length > 1 ? [["--tensor-parallel-size", String(gpus.length)] as const] : []),
    ...(settings.dtype === undefined ? [] : [["--dtype", settings.dtype] as const]),
    ...(cacheType === "auto" ? [] : [["--kv-cache-dtype", cacheType] as const]),
    ...(settings.quantization === undefined ? [] : [["--quantization", settings.quantization] as const]),
    ...(settings.enforceEager ? [["--enforce-eager"] as const] : []),
    // On a CPU a prompt that is read in pieces ends the engine when its request has a seed ("CPU Generator does not use
    // offset", seen with 0.32).
    ...(program.cpuOnly ? [["--no-enable-chunked-prefill"] as const] : []),
  ];
}

function optionalFlags({ program }: VllmSettings): Flag[] {
  const flags: OptionalFlag[] = [
    // Sampling is quern's to say, not the checkpoint's.
    { flag: "--generation-config", value: "vllm", since: "0.8" },
    { flag: "--enable-prompt-tokens-details", since: "0.7" },
    { flag: "--disable-uvicorn-access-log", since: "0.7" },
    { flag: "--stream-interval", value: "8", since: "0.11" },
  ];
  return flags
    .filter(({ since }) => program.version === "" || isAtLeast(program.version, since))
    .map(({ flag, value }) => (value === undefined ? [flag] : [flag, value]));
}

function environment(settings: VllmSettings, key: string): Record<string, string> {
  const { program, gpus, gpuVendor, cacheGib, threads } = settings;
  const devices = gpus.join(",");
  return {
    VLLM_API_KEY: key,
    // Nothing leaves the machine: no statistics, no look at the hub.
    VLLM_NO_USAGE_STATS: "1",
    DO_NOT_TRACK: "1",
    HF_HUB_OFFLINE: "1",
    VLLM_LOGGING_COLOR: "0",
    NO_COLOR: "1",
    PYTHONUNBUFFERED: "1",
    // quern looks at signs of life instead of a fixed time.
    VLLM_ENGINE_READY_TIMEOUT_S: "7200",
    VLLM_ENABLE_STARTUP_PLAN: "1",
    PATH: `${path.dirname(program.command)}${path.delimiter}${process.env["PATH"] ?? ""}`,
    ...(gpuVendor === "nvidia" ? { CUDA_DEVICE_ORDER: "PCI_BUS_ID", CUDA_VISIBLE_DEVICES: devices } : {}),
    ...(gpuVendor === "amd" ? { HIP_VISIBLE_DEVICES: devices } : {}),
    ...(cacheGib === undefined
      ? {}
      : {
          VLLM_CPU_KVCACHE_SPACE: String(cacheGib),
          // Containers often forbid binding.
          VLLM_CPU_OMP_THREADS_BIND: "nobind",
          OMP_NUM_THREADS: String(threads),
        }),
  };
}

/** Whether the user gives a flag: `--flag value`, `--flag=value`, with `_` for `-`, or switched off by `--no-flag`. */
export function isGiven(extraArgs: readonly string[], flag: string): boolean {
  return extraArgs.some((arg) => arg.startsWith("-") && nameOf(arg) === nameOf(flag));
}

function nameOf(flag: string): string {
  const given = flag.split("=")[0]!;
  return aliases[given] ?? given.replaceAll("_", "-").replace(/^--(no-)?/, "");
}

const aliases: Readonly<Record<string, string>> = {
  "-tp": "tensor-parallel-size",
  "-q": "quantization",
  "-cc": "compilation-config",
};

/** Flags by which quern finds its server again. */
const reserved = ["--host", "--port", "--uds", "--api-key", "--served-model-name", "--model"];

/** @returns the first flag that the user may not give */
export function reservedFlag(extraArgs: readonly string[]): string | undefined {
  return reserved.find((flag) => isGiven(extraArgs, flag));
}

/** Compares the numbers of versions; what comes after them (`rc1`, `+cpu`) does not count. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [numbers(version), numbers(least)];
  for (let i = 0; i < want.length; i++) if ((have[i] ?? 0) !== want[i]) return (have[i] ?? 0) > want[i]!;
  return true;
}
