import { measure, type Speed } from "../../backends/measure.js";
import { suitableEntries } from "../../backends/choose-model.js";
import { describeModelChoice, programs } from "../../backends/open.js";
import { planRequest } from "../../backends/plan-request.js";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { ExitCode, lineOf } from "../../errors.js";
import type { MachineFacts } from "../../hw/facts.js";
import { formatBytes } from "../../hw/memory.js";
import { plan, type Plan, vllmUnusable } from "../../hw/plan/index.js";
import { probeMachine } from "../../hw/probe.js";
import { readModelFacts } from "../../models/describe.js";
import type { ModelFacts } from "../../models/facts.js";
import { storeFolder } from "../../models/store.js";
import { modelFlags } from "../options.js";
import { runReport } from "../session.js";
import type { SystemCheckFlags } from "../system-check.js";

const answerSchema = {
  type: "object",
  properties: { answer: { type: "string", minLength: 1, maxLength: 200 } },
  required: ["answer"],
  additionalProperties: false,
};

interface Tried {
  ok: boolean;
  error?: string;
  speed?: Speed;
  /** The answer to a request with a schema. */
  answer?: string;
  description: readonly string[];
}

export async function systemCheckAction(flags: SystemCheckFlags): Promise<void> {
  await runReport("system-check", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    reporter.waiting("looking at the machine");
    const folders = { models: storeFolder(), outputs: config.paths.output.final };
    const machine = await probeMachine({ ...programs(config), folders });
    const model = await modelAndPlan(config, machine);
    reporter.waiting("trying one request");
    const tried = await tryOut(withBackend, signal);
    const json = { machine, ...model, generation: tried };
    return {
      json,
      lines: [
        ...machineLines(machine),
        ...modelLines(model),
        ...triedLines(config, tried),
        ...suggestion(config, machine),
      ],
      exitCode: tried.ok ? ExitCode.done : ExitCode.failed,
    };
  });
}

interface ModelAndPlan {
  /** Absent where a server has the model. */
  model?: ModelFacts & { path: string; reason?: string };
  plan?: Plan;
  problem?: string;
}

async function modelAndPlan(config: Config, machine: MachineFacts): Promise<ModelAndPlan> {
  if (config.llm.provider === "api-endpoint" || (config.llm.provider === "vllm" && config.vllm.api_base !== ""))
    return {};
  try {
    const choice = await describeModelChoice(config, machine);
    if (choice === undefined) return {};
    const facts = await readModelFacts(choice.path);
    const model = { ...facts, path: choice.path, ...(choice.reason === undefined ? {} : { reason: choice.reason }) };
    try {
      return { model, plan: plan(machine, facts, choice.request) };
    } catch (error) {
      return { model, problem: lineOf(error) };
    }
  } catch (error) {
    return { problem: lineOf(error) };
  }
}

async function tryOut(
  withBackend: <T>(work: (backend: Backend) => Promise<T>) => Promise<T>,
  signal: AbortSignal,
): Promise<Tried> {
  try {
    return await withBackend(async (backend) => {
      const { description } = backend;
      try {
        const { text } = await backend.generate(
          {
            messages: [
              { role: "user", content: 'What does a mill make of grain? Answer with JSON: {"answer": "..."}' },
            ],
            schema: answerSchema,
            maxTokens: 256,
            sampling: { temperature: 0, topP: 1, seed: 0 },
          },
          { signal },
        );
        const speed = await measure(backend, { requests: 1, promptTokens: 128, answerTokens: 32 }, 1, signal);
        return { ok: true, speed, answer: text, description };
      } catch (error) {
        if (signal.aborted) throw error;
        return { ok: false, error: lineOf(error), description };
      }
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return { ok: false, error: lineOf(error), description: [] };
  }
}

function machineLines(machine: MachineFacts): string[] {
  const { cpu, memory, gpus, llamaCpp, vllm, llamaServer, disk, problems } = machine;
  const limit = memory.limitedBy === undefined ? "" : ` (limited by ${memory.limitedBy})`;
  const vllmReason = vllmUnusable(machine);
  return [
    "Machine",
    `  ${cpu.model === "" ? machine.arch : cpu.model}, ${cpu.usableCores} of ${cpu.physicalCores} physical cores usable, ${cpu.simd.join(" ")}`,
    `  memory: ${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)} available${limit}`,
    ...(gpus.length === 0
      ? ["  GPU: none found"]
      : gpus.map(
          (gpu) =>
            `  GPU ${gpu.index}: ${gpu.name}, ${formatBytes(gpu.freeBytes)} of ${formatBytes(gpu.totalBytes)} free${gpu.computeCapability === undefined ? "" : `, compute capability ${gpu.computeCapability}`}${gpu.driver === undefined ? "" : `, driver ${gpu.driver}`}`,
        )),
    `  disk: ${formatBytes(disk.models.freeBytes)} free for models (${disk.models.folder}), ${formatBytes(disk.outputs.freeBytes)} for outputs`,
    "Backends",
    llamaCpp.devices.length === 0
      ? `  ✗ llama.cpp: ${llamaCpp.reasons.join("; ") || "there is none for this machine"}`
      : `  ✓ llama.cpp ${llamaCpp.release ?? ""} on ${llamaCpp.devices.join(", ")}${llamaCpp.reasons.length === 0 ? "" : `; ${llamaCpp.reasons.join("; ")}`}`,
    llamaServer === undefined
      ? "  - llama-server: not found (only needed for images)"
      : `  ✓ llama-server ${llamaServer.version} at ${llamaServer.command}`,
    vllmReason === undefined
      ? `  ✓ vLLM ${vllm?.version ?? ""} at ${vllm?.command ?? ""}${vllm?.cpuOnly === true ? ", built for the CPU" : ""}`
      : `  - vLLM: ${vllmReason}`,
    ...problems.map((problem) => `  ! ${problem}`),
  ];
}

function modelLines({ model, plan: made, problem }: ModelAndPlan): string[] {
  const lines: string[] = [];
  if (model !== undefined) {
    const { name, format, architecture, quantization, weightBytes, trainContextTokens, path, reason } = model;
    lines.push(
      "Model",
      `  ${name}: ${format}, ${architecture}, ${quantization}, ${formatBytes(weightBytes)}, trained with ${trainContextTokens} tokens`,
      `  ${path}`,
    );
    if (reason !== undefined) lines.push(`  ${reason}`);
  }
  if (made !== undefined) {
    lines.push("Plan", ...made.reasons.map((reason) => `  ${reason}`));
    lines.push(`  chunks of ${made.chunkTokens} tokens, answers of up to ${made.answerTokens}`);
    const places = new Map<string, { what: string; bytes: number }[]>();
    for (const { where, what, bytes } of made.memory)
      places.set(where, [...(places.get(where) ?? []), { what, bytes }]);
    for (const [where, all] of places) {
      const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
      lines.push(
        `  ${where}: ${formatBytes(total)} = ${all.map(({ what, bytes }) => `${what} ${formatBytes(bytes)}`).join(" + ")}`,
      );
    }
  }
  if (problem !== undefined) lines.push(`  ✗ ${problem}`);
  return lines;
}

function triedLines(config: Config, { ok, error, speed, answer, description }: Tried): string[] {
  const isServer = config.llm.provider === "vllm" || config.llm.provider === "api-endpoint";
  const name = config.llm.provider === "vllm" ? "vLLM server" : "API endpoint";
  const lines = ["Generation"];
  if (isServer && description.length > 0) lines.push(`  ${name} is running`, ...description.map((line) => `  ${line}`));
  if (!ok || speed === undefined)
    return [
      ...lines,
      `  ✗ ${isServer && description.length === 0 ? `${name} is not available: ` : ""}${error ?? "no answer"}`,
    ];
  return [
    ...lines,
    `  ✓ one request: ${Math.round(speed.prefillPerSecond)} prompt tokens/s, ${Math.round(speed.decodePerSecond)} generated tokens/s, first token after ${Math.round(speed.firstTokenMs)} ms`,
    `  ✓ answer held to its schema: ${(answer ?? "").slice(0, 100)}`,
  ];
}

/** What would be better than the embedded model, and how to get it. */
function suggestion(config: Config, machine: MachineFacts): string[] {
  if (config.llm.provider === "api-endpoint") return [];
  const [best] = suitableEntries(machine, planRequest(config));
  if (best === undefined) return [];
  const { entry, source } = best;
  return [
    "Catalogue",
    `  the most capable model that suits this machine: ${entry.name} (${entry.licence})`,
    `  quern models pull ${source}`,
  ];
}
