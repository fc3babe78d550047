/** Why a plan is as it is, and why there is none. */
import { ConfigError } from "../../errors.js";
import type { ModelFacts } from "../../models/facts.js";
import type { MachineFacts } from "../facts.js";
import { cacheBytes, formatBytes, workerProcessBytes } from "../memory.js";
import { type Device, reserveOf } from "./device.js";
import { type Choice, parts } from "./llama-memory.js";
import type { PlanRequest } from "./types.js";

export function reasonsFor(
  machine: MachineFacts,
  model: ModelFacts,
  request: PlanRequest,
  choice: Choice,
  device: Device,
  threads: number,
  contexts: number,
): string[] {
  const { contextTokens, sequences, gpuLayers, cacheType, batchTokens } = choice;
  const cache = cacheBytes(model.cache, { contextTokens, sequences, batchTokens, type: cacheType });
  const onGpu = gpuLayers > 0;
  const names = device.gpus.map((gpu) => gpu.name).join(" + ");
  const reasons = [
    onGpu
      ? `${device.name} on ${names}: ${gpuLayers > model.layers ? "all layers fit" : `${gpuLayers} of ${model.layers} layers fit, the rest is computed on the CPU`} (${formatBytes(device.gpuBudget)} usable)`
      : cpuReason(machine, request),
    `context ${contextTokens} tokens: ${request.context === "auto" ? contextReason(contextTokens, model.trainContextTokens) : "as configured"}`,
    `${sequences} sequences: ${request.sequences === "auto" ? `their KV cache takes ${formatBytes(cache)} of ${formatBytes(onGpu ? device.gpuBudget : device.memoryBudget)}` : "as configured"}`,
    `${threads} threads: ${request.threads === "auto" ? (gpuLayers > model.layers ? "the CPU only samples" : "the physical cores this process may use") : "as configured"}`,
  ];
  if (contexts > 1) reasons.push(`${contexts} contexts side by side: the model is small enough for the cores' caches`);
  if (cacheType !== "f16")
    reasons.push(
      `KV cache at ${cacheType}: ${request.cacheType === "auto" ? "at 16 bits it does not fit" : "as configured"}`,
    );
  if (contextTokens > model.trainContextTokens)
    reasons.push(`note: the context is beyond the ${model.trainContextTokens} tokens the model was trained with`);
  return reasons;
}

/** Why the context is as long as it is, where the plan chose it. */
export function contextReason(contextTokens: number, trained: number): string {
  if (contextTokens === trained) return "what the model was trained with";
  return contextTokens >= 8192
    ? `trained with ${trained}, and more is of no use to chunks`
    : `trained with ${trained}, and more does not fit beside the sequences`;
}

function cpuReason(machine: MachineFacts, request: PlanRequest): string {
  if (request.gpu === false || request.gpuLayers === 0) return "CPU: as configured";
  if (machine.gpus.length === 0) return "CPU: no GPU was found";
  const [reason] = machine.llamaCpp.reasons;
  if (reason !== undefined) return `CPU: ${reason}`;
  return `CPU: there is not enough free memory on ${machine.gpus.map((gpu) => `${gpu.name} (${formatBytes(gpu.freeBytes)} free)`).join(", ")}`;
}

/** @param smallest the last that was tried */
export function doesNotFit(
  machine: MachineFacts,
  model: ModelFacts,
  request: PlanRequest,
  device: Device,
  smallest: Pick<Choice, "contextTokens" | "sequences" | "batchTokens">,
): ConfigError {
  const { contextTokens, sequences } = smallest;
  const insists =
    request.gpuLayers === "max" ||
    (typeof request.gpuLayers === "number" && request.gpuLayers > 0) ||
    request.gpu !== "auto";
  const onGpu = device.name !== "cpu" && insists;
  const gpuLayers = !onGpu
    ? 0
    : typeof request.gpuLayers === "number"
      ? Math.min(request.gpuLayers, model.layers + 1)
      : model.layers + 1;
  const cacheType = request.cacheType === "auto" ? "q8_0" : request.cacheType;
  const choice: Choice = { ...smallest, gpuLayers, cacheType };
  const need = parts(machine, model, choice, device);
  const cacheText = `KV cache ${contextTokens} tokens x ${sequences} sequences = ${formatBytes(need.cacheOnGpu + need.cacheInMemory)}`;
  const sum = onGpu
    ? `on the GPU weights ${formatBytes(need.weightsOnGpu)}, ${cacheText}, buffers ${formatBytes(need.computeOnGpu)}; usable ${formatBytes(device.gpuBudget)}`
    : `weights ${formatBytes(need.weightsInMemory)}, ${cacheText}, buffers ${formatBytes(need.computeInMemory)}, vocabulary and process ${formatBytes(need.vocabulary + workerProcessBytes)}, reserve ${formatBytes(reserveOf(machine))}; available ${formatBytes(machine.memory.availableBytes)}`;
  const fixed = [
    ...(request.context === "auto" ? [] : ["llama-cpp.context"]),
    ...(request.sequences === "auto" ? [] : ["llama-cpp.sequences"]),
    ...(request.gpuLayers === "auto" ? [] : ["llama-cpp.gpu_layers"]),
  ];
  return new ConfigError(`${model.name} does not fit: ${sum}`, {
    remedy:
      fixed.length > 0
        ? `lower ${fixed.join(" or ")}, or use a smaller model`
        : "use a smaller model; `quern models list --catalogue` shows what suits this machine",
  });
}
