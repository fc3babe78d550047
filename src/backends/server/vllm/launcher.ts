/** vLLM, as the supervisor sees it. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { GpuFacts } from "../../../hw/facts.js";
import { ask } from "../health.js";
import type { Address, Capacity, Diagnosis, Launcher } from "../launcher.js";
import { parseMetrics } from "../metrics.js";
import { isGiven, vllmCommand } from "./command.js";
import { diagnoseVllm } from "./diagnose.js";
import { easierVllm } from "./ladder.js";
import { vllmProgress } from "./progress.js";
import type { VllmSettings } from "./settings.js";

const waitMs = 30_000;
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string(), max_model_len: z.number().nullish() })) });

/** @param gpus tells what is free on the GPUs now */
export function vllmLauncher(version: string, gpus: () => Promise<readonly GpuFacts[]>): Launcher<VllmSettings> {
  return {
    title: `vLLM${version === "" ? "" : ` ${version}`}`,
    name: "vllm",
    command: vllmCommand,
    progress: vllmProgress,
    diagnose: (lines, settings) => ownFlags(diagnoseVllm(lines), settings),
    easier: easierVllm,
    capacity: vllmCapacity,
    waitUntilFree: (settings, signal) => waitUntilFree(settings, gpus, signal),
  };
}

/** A flag that the user gives is not quern's to leave out. */
function ownFlags(diagnosis: Diagnosis, { extraArgs }: VllmSettings): Diagnosis {
  const { kind, flag } = diagnosis;
  if (kind !== "flag" || flag === undefined || !isGiven(extraArgs, flag)) return diagnosis;
  return { ...diagnosis, kind: "hopeless", remedy: `change ${flag} in vllm.extra_args` };
}

/** @throws {Error} when it answers, but not as a server that can be used */
export async function vllmCapacity(address: Address, settings: VllmSettings): Promise<Capacity> {
  const response = await ask(`${address.origin}/v1/models`, address.key);
  if (response?.ok !== true) throw new Error(`/v1/models says ${response?.status ?? "nothing"}`);
  const models = modelsSchema.parse(JSON.parse(response.text));
  const model = models.data.find(({ id }) => id === settings.servedName);
  if (model === undefined) throw new Error(`it serves ${models.data.map(({ id }) => id).join(", ")}`);
  const metrics = parseMetrics((await ask(`${address.origin}/metrics`, address.key))?.text ?? "");
  const { kv_cache_size_tokens: told, num_gpu_blocks: blocks, block_size: size } = metrics.cacheConfig;
  const cacheTokens = Number(told ?? "") || Number(blocks ?? "") * Number(size ?? "");
  return {
    contextTokens: model.max_model_len ?? settings.maxModelLen,
    ...(cacheTokens > 0 ? { cacheTokens } : {}),
    sequences: settings.maxNumSeqs,
  };
}

/** A process that died can hold a GPU's memory for some seconds more, and the next start would fail for it. */
async function waitUntilFree(
  settings: VllmSettings,
  gpus: () => Promise<readonly GpuFacts[]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (settings.gpus.length === 0) return;
  const deadline = Date.now() + waitMs;
  while (signal?.aborted !== true) {
    const used = (await gpus().catch(() => [])).filter((gpu) => settings.gpus.includes(gpu.index));
    if (used.every((gpu) => gpu.freeBytes >= gpu.totalBytes * settings.gpuMemoryUtilization)) return;
    if (Date.now() > deadline) return;
    await delay(500, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
