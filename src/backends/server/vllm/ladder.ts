/** What is given up, step by step, for a vLLM that runs out of memory. */
import type { Diagnosis } from "../launcher.js";
import { vllmCommand } from "./command.js";
import type { VllmSettings } from "./settings.js";

type Step = (settings: VllmSettings, diagnosis: Diagnosis) => { settings: VllmSettings; change: string } | undefined;

const freeMarginGib = 0.5;
const fewestSequences = 4;
const fewestBatchTokens = 2048;
const shortestContext = 1024;
const fp8ComputeCapability = 8.9;

const utilization: Step = (settings, { free }) => {
  if (free === undefined) return undefined;
  const share = Math.floor(((free.gib - freeMarginGib) / free.totalGib) * 100) / 100;
  if (share <= 0.05 || share >= settings.gpuMemoryUtilization) return undefined;
  return { settings: { ...settings, gpuMemoryUtilization: share }, change: `${share} of the whole memory` };
};

const context: Step = (settings, { contextTokens }) => {
  if (contextTokens === undefined) return undefined;
  // A little below the estimate, in whole blocks.
  const tokens = Math.floor((contextTokens * 0.98) / 16) * 16;
  if (tokens < shortestContext || tokens >= settings.maxModelLen) return undefined;
  return { settings: { ...settings, maxModelLen: tokens }, change: `a context of ${tokens} tokens` };
};

const batch: Step = (settings) => {
  const tokens = settings.maxNumBatchedTokens > 8192 ? 8192 : fewestBatchTokens;
  if (tokens >= settings.maxNumBatchedTokens || tokens < settings.maxNumSeqs) return undefined;
  return { settings: { ...settings, maxNumBatchedTokens: tokens }, change: `steps of ${tokens} tokens` };
};

/** Halves them, down to `fewest`. */
const sequencesTo =
  (fewest: number): Step =>
  (settings) => {
    const fewer = Math.floor(settings.maxNumSeqs / 2);
    if (fewer < fewest) return undefined;
    return { settings: { ...settings, maxNumSeqs: fewer }, change: `${fewer} requests at once` };
  };
const sequences = sequencesTo(fewestSequences);
/** With fewer the GPU is not busy, so other things are given up first. */
const manySequences = sequencesTo(64);

/** Of a vLLM for the CPU, which is given a fixed amount. */
const cpuCache: Step = (settings) => {
  const { cacheGib } = settings;
  if (cacheGib === undefined || cacheGib < 2) return undefined;
  const less = Math.floor(cacheGib / 2);
  return { settings: { ...settings, cacheGib: less }, change: `a cache of ${less} GiB` };
};

const canFp8 = ({ gpus, computeCapability }: VllmSettings) =>
  gpus.length > 0 && computeCapability >= fp8ComputeCapability;

const fp8Cache: Step = (settings) =>
  settings.cacheType === "fp8" || !canFp8(settings)
    ? undefined
    : { settings: { ...settings, cacheType: "fp8" }, change: "an fp8 KV cache" };

const eager: Step = (settings) =>
  settings.enforceEager || settings.gpus.length === 0
    ? undefined
    : { settings: { ...settings, enforceEager: true }, change: "no CUDA graphs" };

const fp8Weights: Step = (settings) =>
  settings.quantization !== undefined || settings.isQuantized || !canFp8(settings)
    ? undefined
    : { settings: { ...settings, quantization: "fp8_per_tensor" }, change: "weights quantized to fp8" };

const shorterContext: Step = (settings) => {
  const tokens = Math.floor(settings.maxModelLen / 2);
  if (tokens < shortestContext) return undefined;
  return { settings: { ...settings, maxModelLen: tokens }, change: `a context of ${tokens} tokens` };
};

const dropFlag: Step = (settings, { flag }) => {
  if (flag === undefined || flag === "" || settings.dropped.includes(flag)) return undefined;
  return {
    settings: { ...settings, dropped: [...settings.dropped, flag] },
    change: `no ${flag}, which this version does not know`,
  };
};

const general = [cpuCache, batch, manySequences, fp8Cache, eager, fp8Weights, sequences, shorterContext];

/** What helps first depends on where memory was short. */
const stepsFor: Record<NonNullable<Diagnosis["where"]>, readonly Step[]> = {
  free: [utilization, ...general],
  weights: [fp8Weights, cpuCache, batch, eager, sequences, shorterContext],
  sampler: [sequences, ...general],
  // A larger share of the memory is not asked for: the plan has given what is free.
  cache: [batch, fp8Cache, eager, fp8Weights, sequences, shorterContext],
  other: general,
};

/** @returns settings that ask for less; undefined where nothing is left that would help */
export function easierVllm(settings: VllmSettings, diagnosis: Diagnosis): ReturnType<Step> {
  const steps: readonly Step[] =
    diagnosis.kind === "flag"
      ? [dropFlag]
      : diagnosis.kind === "context"
        ? [context, fp8Cache, ...stepsFor.cache]
        : diagnosis.kind === "out-of-memory"
          ? stepsFor[diagnosis.where ?? "other"]
          : [];
  let tried = settings;
  for (;;) {
    const next = firstOf(steps, tried, diagnosis);
    // What the user fixed by flags of their own is not changed by asking for less of it.
    if (next === undefined || isOther(next.settings, settings)) return next;
    tried = next.settings;
  }
}

function firstOf(steps: readonly Step[], settings: VllmSettings, diagnosis: Diagnosis): ReturnType<Step> {
  for (const step of steps) {
    const next = step(settings, diagnosis);
    if (next !== undefined) return next;
  }
  return undefined;
}

function isOther(one: VllmSettings, other: VllmSettings): boolean {
  const told = (settings: VllmSettings) => {
    const { args, env } = vllmCommand(settings, 0, "");
    return JSON.stringify([args, env]);
  };
  return told(one) !== told(other);
}
