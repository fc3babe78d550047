/** Starts the servers that a plan asks for. */
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config/schema.js";
import { ConfigError } from "../errors.js";
import type { MachineFacts } from "../hw/facts.js";
import { plan, planLlamaCpp, type PlanRequest, usualTokens, vllmUnusable } from "../hw/plan/index.js";
import { probeForRun } from "../hw/probe.js";
import { readModelFacts } from "../models/describe.js";
import { fingerprintModel } from "../models/find.js";
import { BackendStartError } from "./backend.js";
import { ManagedBackend } from "./server/backend.js";
import { serversFolder, tellOrphans } from "./server/folder.js";
import { llamaServerLauncher, type LlamaServerSettings, settingsOfPlan } from "./server/llama-server/launcher.js";
import { endOrphans } from "./server/registry.js";
import { reservedFlag } from "./server/vllm/command.js";
import { vllmLauncher } from "./server/vllm/launcher.js";
import { settingsOf, type VllmSettings } from "./server/vllm/settings.js";

export interface LaunchOptions {
  onNotice: (text: string) => void;
  onProgress: (text: string) => void;
  signal?: AbortSignal | undefined;
}

const servedName = "quern";
const cpuStallMs = 900_000;
/** Drivers take a moment to give back what a process held that was killed. */
const orphanMs = 2_000;

/**
 * @param model a folder of safetensors
 * @throws {ConfigError} when vLLM or the model cannot be used here
 * @throws {BackendStartError} {OutOfMemoryError} when no server can be started
 */
export async function launchVllm(
  config: Config,
  model: string,
  probed: MachineFacts,
  request: PlanRequest,
  options: LaunchOptions,
): Promise<ManagedBackend<VllmSettings>> {
  const settings = config.vllm;
  const reserved = reservedFlag(settings.extra_args);
  if (reserved !== undefined)
    throw new ConfigError(`vllm.extra_args has ${reserved}, which quern sets itself`, {
      remedy: "leave it out; for a server of your own give its address with --api-base",
    });
  const facts = await readModelFacts(model);
  const machine = await withoutOrphans(probed, options.onNotice);
  const problem = machine.problems.find((text) => text.startsWith("vllm: "));
  if (machine.vllm === undefined && problem !== undefined)
    throw new ConfigError(problem, { remedy: "check vllm.command and QUERN_VLLM" });
  const made = plan(machine, facts, { ...request, provider: "vllm" });
  const { vllm: program } = machine;
  if (made.backend !== "vllm" || program === undefined)
    throw new BackendStartError(`vLLM cannot be used here: ${vllmUnusable(machine) ?? "no plan for it"}`, {
      remedy: "use a GGUF file with llama.cpp",
    });
  const servers = made.replicas.map((replica) => {
    const gpus = machine.gpus.filter((gpu) => replica.gpus.includes(gpu.index));
    const vendor = gpus[0]?.vendor;
    return settingsOf(made, replica, {
      program,
      model,
      servedName,
      gpuVendor: vendor === "nvidia" || vendor === "amd" ? vendor : "none",
      computeCapability: gpus.length === 0 ? 0 : Math.min(...gpus.map((gpu) => Number(gpu.computeCapability ?? 0))),
      threads: machine.cpu.usableCores,
      extraArgs: settings.extra_args,
      enforceEager: settings.enforce_eager || program.cpuOnly,
      isQuantized: !/bf16|f16|f32/.test(facts.quantization),
    });
  });
  return await ManagedBackend.open({
    provider: "vllm",
    launcher: vllmLauncher(program.version, async () => (await probeForRun()).gpus),
    servers,
    servedName,
    model: { name: facts.name, fingerprint: await fingerprintModel(model) },
    usualTokens: usualTokens(request, made.contextTokens),
    reasons: made.reasons,
    startTimeoutMs: settings.start_timeout * 1000,
    maxRestarts: settings.max_restarts,
    spacingMs: settings.sleep_time * 1000,
    ...(settings.port === "auto" ? {} : { firstPort: settings.port }),
    // One step over long prompts takes a processor minutes.
    ...(program.cpuOnly ? { stallMs: cpuStallMs } : {}),
    ...options,
  });
}

/** What a server of an earlier run held is free for the plan of this one. */
async function withoutOrphans(machine: MachineFacts, onNotice: (text: string) => void): Promise<MachineFacts> {
  const count = endOrphans(serversFolder());
  if (count === 0) return machine;
  tellOrphans(count, onNotice);
  await delay(orphanMs);
  const { memory, gpus } = await probeForRun();
  return { ...machine, memory, gpus };
}

/**
 * @param model a GGUF file
 * @throws {ConfigError} when the model cannot fit
 * @throws {BackendStartError} {OutOfMemoryError} when the server is missing or cannot be started
 */
export async function launchLlamaServer(
  config: Config,
  model: string,
  probed: MachineFacts,
  request: PlanRequest,
  options: LaunchOptions,
): Promise<ManagedBackend<LlamaServerSettings>> {
  const machine = await withoutOrphans(probed, options.onNotice);
  const { llamaServer: program } = machine;
  if (program === undefined) {
    const problem = machine.problems.find((text) => text.includes("llama-server"));
    throw new BackendStartError(problem ?? "no llama-server was found on this machine", {
      remedy: "put it on the PATH, or name it with llama-server.command; --provider llama-cpp needs none",
    });
  }
  const facts = await readModelFacts(model);
  const made = planLlamaCpp(machine, facts, request);
  const settings = config["llama-server"];
  return await ManagedBackend.open({
    provider: "llama-server",
    launcher: llamaServerLauncher(program.version),
    servers: [
      settingsOfPlan(made, {
        program,
        model,
        servedName,
        extraArgs: settings.extra_args,
        ...(settings.mmproj === "" ? {} : { mmproj: path.resolve(settings.mmproj) }),
      }),
    ],
    servedName,
    model: { name: facts.name, fingerprint: await fingerprintModel(model) },
    usualTokens: usualTokens(request, made.contextTokens),
    reasons: made.reasons,
    startTimeoutMs: settings.start_timeout * 1000,
    maxRestarts: settings.max_restarts,
    ...options,
  });
}
