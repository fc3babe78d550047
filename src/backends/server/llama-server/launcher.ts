/** llama.cpp's own server, as the supervisor sees it. Its advantage is images, which node-llama-cpp does not take. */
import { z } from "zod";
import type { ServerProgram } from "../../../hw/facts.js";
import type { LlamaCppPlan } from "../../../hw/plan/index.js";
import { ask } from "../health.js";
import type { Address, Capacity, Diagnosis, Launcher } from "../launcher.js";
import type { ServerCommand } from "../server-process.js";

export interface LlamaServerSettings {
  program: ServerProgram;
  model: string;
  /** The part of a model that sees, as a GGUF file of its own. */
  mmproj?: string;
  servedName: string;
  /** Tokens of one slot. */
  contextTokens: number;
  slots: number;
  batchTokens: number;
  threads: number;
  gpuLayers: number;
  cacheType: "f16" | "q8_0";
  /** Passed on as they are; they come last and so win over quern's own. */
  extraArgs: readonly string[];
  dropped: readonly string[];
}

export function settingsOfPlan(
  plan: LlamaCppPlan,
  rest: Pick<LlamaServerSettings, "program" | "model" | "servedName" | "extraArgs"> & { mmproj?: string },
): LlamaServerSettings {
  return {
    ...rest,
    contextTokens: plan.contextTokens,
    slots: plan.sequences,
    batchTokens: plan.batchTokens,
    threads: plan.threads,
    gpuLayers: plan.gpuLayers,
    cacheType: plan.cacheType === "f16" ? "f16" : "q8_0",
    dropped: [],
  };
}

export function llamaServerLauncher(version: string): Launcher<LlamaServerSettings> {
  return {
    title: `llama-server${version === "" ? "" : ` ${version}`}`,
    name: "llama-server",
    command,
    progress,
    diagnose,
    easier,
    capacity,
    waitUntilFree: () => Promise.resolve(),
  };
}

const graceMs = 5_000;

function command(settings: LlamaServerSettings, port: number, key: string): ServerCommand {
  const { program, model, mmproj, contextTokens, slots, batchTokens, threads, cacheType, extraArgs, dropped } =
    settings;
  const flags: (readonly string[])[] = [
    ["--model", model],
    ...(mmproj === undefined ? [] : [["--mmproj", mmproj]]),
    ["--alias", settings.servedName],
    ["--host", "127.0.0.1"],
    ["--port", String(port)],
    // It divides the context among the slots.
    ["--ctx-size", String(contextTokens * slots)],
    ["--parallel", String(slots)],
    ["--batch-size", String(Math.max(batchTokens, 512))],
    ["--ubatch-size", String(batchTokens)],
    ["--threads", String(threads)],
    ["--n-gpu-layers", String(settings.gpuLayers)],
    ...(cacheType === "f16"
      ? []
      : [
          ["--cache-type-k", cacheType],
          ["--cache-type-v", cacheType],
        ]),
    ["--metrics"],
    ["--no-webui"],
    ["--offline"],
    // Prompts of finished requests would be kept in memory that the plan does not count.
    ["--cache-ram", "0"],
  ];
  return {
    command: program.command,
    args: [...flags.filter(([flag]) => !dropped.includes(flag!)).flat(), ...extraArgs],
    env: { LLAMA_API_KEY: key },
    graceMs,
  };
}

function progress(line: string): string | undefined {
  if (/load_model: loading model/.test(line)) return "loading the model";
  if (/warming up the model/.test(line)) return "warming up";
  return undefined;
}

const patterns: readonly (readonly [RegExp, (match: RegExpExecArray) => Omit<Diagnosis, "message">])[] = [
  [/couldn't bind|bind.*failed|Address already in use/i, () => ({ kind: "port" })],
  [/(?:invalid argument|unknown argument): (--?[\w-]+)/, (match) => ({ kind: "flag", flag: match[1]! })],
  [
    /out of memory|failed to allocate|unable to allocate|cudaMalloc failed|ErrorOutOfDeviceMemory|failed to create context|failed to initialize the context/i,
    () => ({ kind: "out-of-memory", where: "other" }),
  ],
  [
    /failed to open GGUF|No such file|failed to load model|invalid magic|unknown model architecture|error loading model/i,
    () => ({
      kind: "hopeless",
      remedy: "check that the file is a complete GGUF model of a kind that this server knows",
    }),
  ],
];

function diagnose(lines: readonly string[], { extraArgs }: LlamaServerSettings): Diagnosis {
  const diagnosis = read(lines);
  const { kind, flag } = diagnosis;
  if (kind !== "flag" || flag === undefined || !extraArgs.some((arg) => arg.split("=")[0] === flag)) return diagnosis;
  return { ...diagnosis, kind: "hopeless", remedy: `change ${flag} in llama-server.extra_args` };
}

function read(lines: readonly string[]): Diagnosis {
  for (const [pattern, make] of patterns)
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) return { message: line.replace(/^[\d.]+ [A-Z] /, "").slice(0, 300), ...make(match) };
    }
  const last = lines.findLast((line) => /error|failed/i.test(line));
  return { kind: "unknown", message: last?.slice(0, 300) ?? "" };
}

const fewestSlots = 1;
const shortestContext = 1024;

function easier(
  settings: LlamaServerSettings,
  { kind, flag }: Diagnosis,
): { settings: LlamaServerSettings; change: string } | undefined {
  if (kind === "flag" && flag !== undefined && !settings.dropped.includes(flag))
    return {
      settings: { ...settings, dropped: [...settings.dropped, flag] },
      change: `no ${flag}, which this version does not know`,
    };
  if (kind !== "out-of-memory") return undefined;
  const slots = Math.floor(settings.slots / 2);
  if (slots >= fewestSlots)
    return { settings: { ...settings, slots }, change: slots === 1 ? "one slot" : `${slots} slots` };
  const contextTokens = Math.floor(settings.contextTokens / 2);
  if (contextTokens >= shortestContext)
    return { settings: { ...settings, contextTokens }, change: `a context of ${contextTokens} tokens` };
  if (settings.gpuLayers > 0) return { settings: { ...settings, gpuLayers: 0 }, change: "the CPU" };
  return undefined;
}

const propsSchema = z.object({
  total_slots: z.number(),
  default_generation_settings: z.object({ n_ctx: z.number() }),
});

async function capacity(address: Address): Promise<Capacity> {
  const response = await ask(`${address.origin}/props`, address.key);
  if (response?.ok !== true) throw new Error(`/props says ${response?.status ?? "nothing"}`);
  const { total_slots: sequences, default_generation_settings: settings } = propsSchema.parse(
    JSON.parse(response.text),
  );
  return { contextTokens: settings.n_ctx, sequences, cacheTokens: settings.n_ctx * sequences };
}
