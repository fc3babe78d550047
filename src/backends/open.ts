/** Opens the backend that the configuration names: the only file that knows them all. */
import { stat } from "node:fs/promises";
import type { Provider } from "../config/providers.js";
import type { Config } from "../config/schema.js";
import { ConfigError } from "../errors.js";
import type { MachineFacts } from "../hw/facts.js";
import type { JobFacts, PlanRequest } from "../hw/plan/index.js";
import { probeForRun, probeMachine } from "../hw/probe.js";
import { findModel, fingerprintModel } from "../models/find.js";
import type { Backend } from "./backend.js";
import { chooseModel } from "./choose-model.js";
import { keptSettings, settingsKey, withKept } from "./kept-settings.js";
import { planRequest } from "./plan-request.js";

export interface OpenOptions {
  /** Told of what people should know at once. */
  onNotice?: (text: string) => void;
  /** Told how the start of a server gets on. */
  onProgress?: (text: string) => void;
  /** What the prompts of the job take; quern's own where absent. */
  job?: JobFacts;
  signal?: AbortSignal | undefined;
}

const silent = () => undefined;

/**
 * @throws {BackendStartError} {OutOfMemoryError} {InputError} {ConfigError} {AbortedError}
 */
export async function openBackend(config: Config, options: OpenOptions = {}): Promise<Backend> {
  const provider = config.llm.provider;
  switch (provider) {
    case "vllm":
      return await openVllm(config, options);
    case "api-endpoint": {
      const { openEndpoints } = await import("./open-servers.js");
      return await openEndpoints(config, options.onNotice ?? silent);
    }
    default:
      return await openModel(config, provider, options);
  }
}

async function openVllm(config: Config, options: OpenOptions): Promise<Backend> {
  const { openVllmAt, vllmAtHome } = await import("./open-servers.js");
  const { api_base: given } = config.vllm;
  // A model on this machine is meant to be started; any other name can only be one on a server.
  const isHere = config.vllm.model !== "" && (await findModel(config.vllm.model).then(Boolean, () => false));
  const running = given !== "" ? given : isHere ? undefined : await vllmAtHome(config);
  if (running !== undefined) return await openVllmAt(config, running, options.onNotice ?? silent);
  return await openModel(config, "vllm", options);
}

/** Runs a model of this machine's, by the backend that its format and the provider ask for. */
async function openModel(
  config: Config,
  provider: Exclude<Provider, "api-endpoint">,
  options: OpenOptions,
): Promise<Backend> {
  const { onNotice = silent, onProgress = silent, signal, job } = options;
  const probe = once(() => probeMachine({ ...programs(config), llamaCpp: true }));
  const { model, reason } = await modelOf(config, provider, probe);
  const isFolder = (await stat(model)).isDirectory();
  if (isFolder && (provider === "llama-cpp" || provider === "llama-server"))
    throw new ConfigError(`${model} is a folder of safetensors, which llama.cpp does not read`, {
      remedy: "use --provider vllm, or a GGUF file of the same model",
    });
  const facts = await probeForRun();
  const { request, provider: measured, note } = await kept(config, model, facts, job);
  if (!isFolder && (provider === "llama-server" || (provider === "auto" && measured === "llama-server"))) {
    const { launchLlamaServer } = await import("./launch.js");
    return await launchLlamaServer(config, model, await probe(), request, { onNotice, onProgress, signal });
  }
  if (isFolder || provider === "vllm") {
    const { launchVllm } = await import("./launch.js");
    return await launchVllm(config, model, await probe(), request, { onNotice, onProgress, signal });
  }
  const { LlamaCppBackend } = await import("./llama-cpp/backend.js");
  // llama.cpp says itself what it can use, so the slow questions are not asked here.
  const unknown = { folder: "", freeBytes: 0 };
  const machine = { ...facts, llamaCpp: { devices: [], reasons: [] }, disk: { models: unknown, outputs: unknown } };
  return await LlamaCppBackend.open({
    model,
    machine,
    request,
    maxRestarts: config["llama-cpp"].max_restarts,
    onNotice,
    notes: [reason, note].filter((text) => text !== undefined),
  });
}

/** The model that a run would take, and what would be asked of the plan; undefined where a server has it. */
export async function describeModelChoice(
  config: Config,
  machine: MachineFacts,
): Promise<{ path: string; reason?: string; request: PlanRequest } | undefined> {
  const { provider } = config.llm;
  if (provider === "api-endpoint" || (provider === "vllm" && config.vllm.model === "")) return undefined;
  const { model, reason } = await modelOf(config, provider, () => Promise.resolve(machine));
  const { request } = await kept(config, model, machine);
  return { path: model, request, ...(reason === undefined ? {} : { reason }) };
}

/** What was measured and kept for this model fills in what the configuration leaves open. */
async function kept(
  config: Config,
  model: string,
  machine: Pick<MachineFacts, "cpu" | "gpus">,
  job?: JobFacts,
): Promise<{ request: PlanRequest; provider?: "llama-cpp" | "llama-server"; note?: string }> {
  const format = (await stat(model)).isDirectory() ? "safetensors" : "gguf";
  const request = planRequest(config, job, format);
  const settings = await keptSettings(settingsKey(machine, await fingerprintModel(model)));
  if (settings === undefined) return { request };
  const { provider, measured, tokensPerSecond } = settings;
  return {
    request: withKept(request, settings),
    provider,
    note: `settings kept from quern bench of ${measured.slice(0, 10)}: ${Math.round(tokensPerSecond)} tokens/s`,
  };
}

async function modelOf(
  config: Config,
  provider: Provider,
  probe: () => Promise<MachineFacts>,
): Promise<{ model: string; reason?: string }> {
  const named = provider === "vllm" && config.vllm.model !== "" ? config.vllm.model : config["llama-cpp"].model;
  if (provider === "vllm" && config.vllm.model === "") {
    const { homeAddress } = await import("./open-servers.js");
    throw new ConfigError(`vllm.model is empty, and no server answers at ${homeAddress(config)}`, {
      remedy: "name a model with -m (a folder of safetensors or a stored model), or a running server with --api-base",
    });
  }
  if (named !== "auto") return { model: await findModel(named) };
  const choice = await chooseModel(probe, planRequest(config));
  return { model: choice.path, reason: choice.reason };
}

/** Where the configuration names the programs of servers. */
export function programs(config: Config): { vllm?: string; llamaServer?: string } {
  const { command: vllm } = config.vllm;
  const { command: llamaServer } = config["llama-server"];
  return { ...(vllm === "auto" ? {} : { vllm }), ...(llamaServer === "auto" ? {} : { llamaServer }) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
