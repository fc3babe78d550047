import readline from "node:readline/promises";
import type { Backend } from "../../backends/backend.js";
import { type BenchRecord, earlierBench, noteBench } from "../../backends/bench-log.js";
import { keepSettings, settingsKey } from "../../backends/kept-settings.js";
import { measure, type Speed } from "../../backends/measure.js";
import { describeModelChoice, openBackend, programs } from "../../backends/open.js";
import { type Settings, type Trial, tune } from "../../backends/tune.js";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { planLlamaCpp } from "../../hw/plan/index.js";
import { probeMachine } from "../../hw/probe.js";
import { readModelFacts } from "../../models/describe.js";
import { fingerprintModel } from "../../models/find.js";
import type { BenchFlags } from "../bench.js";
import { bars } from "../bars.js";
import { modelFlags } from "../options.js";
import { runReport, type Report, type Session } from "../session.js";
import { table } from "./models/work.js";

export async function benchAction(flags: BenchFlags): Promise<void> {
  await runReport("bench", flags, modelFlags(flags), async (session) => {
    const { config } = session;
    const isServer =
      config.llm.provider === "api-endpoint" || (config.llm.provider === "vllm" && config.vllm.model === "");
    return isServer ? await benchServer(flags, session) : await benchModel(flags, session);
  });
}

/** A server is measured as it is: its settings are not quern's. */
async function benchServer(flags: BenchFlags, { reporter, signal, withBackend }: Session): Promise<Report> {
  return await withBackend(async (backend) => {
    const speeds: Speed[] = [];
    for (const requests of flags.requests ?? powersOfTwo(backend.limits.concurrentRequests)) {
      const speed = await measure(backend, loadOf(flags, requests), 1, signal);
      speeds.push(speed);
      reporter.waiting(progressLine(`${requests} requests at once`, speed));
    }
    return { json: { model: backend.model, speeds }, lines: speedLines(backend.model.name, speeds) };
  });
}

async function benchModel(flags: BenchFlags, session: Session): Promise<Report> {
  const { config, reporter, signal } = session;
  const machine = await probeMachine(programs(config));
  if (flags.server === true && machine.llamaServer === undefined)
    throw new UsageError("--server: no llama-server was found on this machine", {
      remedy: "put it on the PATH, or name it with llama-server.command or QUERN_LLAMA_SERVER",
    });
  const choice = (await describeModelChoice(config, machine))!;
  const facts = await readModelFacts(choice.path);
  if (facts.format !== "gguf")
    return await benchServer(flags, { ...session, withBackend: (use) => withOne(config, use) });
  const least = flags.promptTokens + flags.answerTokens + 64;
  const request = { ...choice.request, context: Math.max(least, 512), sequences: "auto" as const };
  const made = planLlamaCpp(machine, facts, request);
  if (least > facts.trainContextTokens)
    throw new UsageError(
      `--prompt-tokens and --answer-tokens need ${least} tokens, and the model was trained with ${facts.trainContextTokens}`,
      {
        remedy: "lower them",
      },
    );
  const key = settingsKey(machine, await fingerprintModel(choice.path));
  const base = { sequences: made.sequences, threads: made.threads, batchTokens: made.batchTokens };
  const trials = await tune({
    open: (settings) => openWith(config, choice.path, settings, request.context),
    base,
    requests: flags.requests ?? powersOfTwo(made.sequences),
    load: loadOf(flags, 1),
    cores: machine.cpu.usableCores,
    onTrial: ({ speed }, what) => reporter.waiting(progressLine(what, speed)),
    signal,
  });
  const against =
    flags.server === true
      ? await benchLlamaServer(config, choice.path, trials.best, flags, request.context, signal)
      : undefined;
  const { best } = trials;
  const useServer = against !== undefined && against.tokensPerSecond > best.speed.tokensPerSecond * 1.05;
  const record: BenchRecord = {
    key,
    model: facts.name,
    date: new Date().toISOString(),
    promptTokens: flags.promptTokens,
    answerTokens: flags.answerTokens,
    speeds: trials.byRequests.map(({ speed }) => speed),
    best: { ...best.settings, tokensPerSecond: best.speed.tokensPerSecond },
  };
  const earlier = await earlierBench(record);
  await noteBench(record);
  const lines = [
    ...speedLines(facts.name, record.speeds),
    "",
    ...trials.others.map(
      (trial) =>
        `${changeText(trial.settings, best.settings, base)}: ${Math.round(trial.speed.tokensPerSecond)} tokens/s`,
    ),
    `best: ${settingsText(best.settings)}: ${Math.round(best.speed.tokensPerSecond)} tokens/s`,
    ...(against === undefined
      ? []
      : [
          `llama-server with the same settings: ${Math.round(against.tokensPerSecond)} tokens/s${useServer ? ", which is faster" : ""}`,
        ]),
    ...(earlier === undefined ? [] : [comparison(record, earlier)]),
  ];
  const kept = await maybeKeep(
    flags,
    key,
    { trial: best, useServer, speed: useServer ? against : best.speed },
    (text) => reporter.warn(text),
  );
  return {
    json: {
      ...record,
      others: trials.others,
      llama_server: against ?? null,
      earlier: earlier ?? null,
      kept: kept ?? null,
    },
    lines: [
      ...lines,
      ...(kept === undefined
        ? ["not kept; --keep keeps the best settings for this machine and model"]
        : [`kept in ${kept}`]),
    ],
  };
}

async function withOne<T>(config: Config, use: (backend: Backend) => Promise<T>): Promise<T> {
  await using backend = await openBackend(config);
  return await use(backend);
}

async function openWith(
  config: Config,
  model: string,
  settings: Settings,
  context: number,
  provider: "llama-cpp" | "llama-server" = "llama-cpp",
): Promise<Backend> {
  const { sequences, threads, batchTokens } = settings;
  return await openBackend({
    ...config,
    llm: { ...config.llm, provider },
    "llama-cpp": { ...config["llama-cpp"], model, context, sequences, threads, batch_size: batchTokens },
  });
}

async function benchLlamaServer(
  config: Config,
  model: string,
  best: Trial,
  flags: BenchFlags,
  context: number,
  signal: AbortSignal,
): Promise<Speed> {
  await using backend = await openWith(config, model, best.settings, context, "llama-server");
  const load = loadOf(flags, best.settings.sequences);
  await measure(backend, load, 1, signal);
  return await measure(backend, load, 2, signal);
}

async function maybeKeep(
  flags: BenchFlags,
  key: string,
  { trial, useServer, speed }: { trial: Trial; useServer: boolean; speed: Speed },
  warn: (text: string) => void,
): Promise<string | undefined> {
  let keep = flags.keep;
  if (
    keep === undefined &&
    process.stdin.isTTY &&
    process.stderr.isTTY &&
    flags.json !== true &&
    flags.quiet !== true
  ) {
    warn("");
    const prompt = readline.createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(`Keep ${settingsText(trial.settings)} for this machine and model? [Y/n] `);
    prompt.close();
    keep = !/^n/i.test(answer.trim());
  }
  if (keep !== true) return undefined;
  return await keepSettings(key, {
    provider: useServer ? "llama-server" : "llama-cpp",
    ...trial.settings,
    tokensPerSecond: speed.tokensPerSecond,
    measured: new Date().toISOString(),
  });
}

function loadOf({ promptTokens, answerTokens }: BenchFlags, requests: number) {
  return { promptTokens, answerTokens, requests };
}

function speedLines(model: string, speeds: readonly Speed[]): string[] {
  return [
    `${model}: tokens per second by requests at once`,
    ...table([
      ["REQUESTS", "PREFILL", "DECODE", "ALL", "FIRST TOKEN", "SECONDS"],
      ...speeds.map((speed) => [
        String(speed.requests),
        String(Math.round(speed.prefillPerSecond)),
        String(Math.round(speed.decodePerSecond)),
        String(Math.round(speed.tokensPerSecond)),
        `${Math.round(speed.firstTokenMs)} ms`,
        speed.seconds.toFixed(1),
      ]),
    ]),
    "",
    ...bars(
      speeds.map(({ requests, decodePerSecond }) => ({ label: String(requests), value: decodePerSecond })),
      "decode",
    ),
  ];
}

function comparison({ speeds }: BenchRecord, earlier: BenchRecord): string {
  const parts = speeds.flatMap((speed) => {
    const before = earlier.speeds.find((one) => one.requests === speed.requests);
    if (before === undefined) return [];
    const change = (speed.tokensPerSecond / before.tokensPerSecond - 1) * 100;
    return [`${speed.requests}: ${change >= 0 ? "+" : ""}${change.toFixed(0)} %`];
  });
  return `against ${earlier.date.slice(0, 16).replace("T", " ")}: ${parts.join(", ")}`;
}

function progressLine(what: string, speed: Speed): string {
  return `bench: ${what}: ${Math.round(speed.tokensPerSecond)} tokens/s`;
}

function settingsText({ sequences, threads, batchTokens }: Settings): string {
  return `${sequences} sequences, ${threads} threads, batch of ${batchTokens} tokens`;
}

function changeText(settings: Settings, best: Settings, base: Settings): string {
  return settings.threads !== base.threads && settings.threads !== best.threads
    ? `${settings.threads} threads`
    : settingsText(settings);
}

/** 1, 2, 4, ... and the number itself. */
function powersOfTwo(most: number): number[] {
  const list: number[] = [];
  for (let power = 1; power < most; power *= 2) list.push(power);
  return [...list, most];
}
