/** Opens the fake vLLM as quern's own backend does, from what was built: the guard of a server is a file of it. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import type * as Contract from "../../src/backends/backend.js";
import type * as Managed from "../../src/backends/server/backend.js";
import type * as VllmLauncher from "../../src/backends/server/vllm/launcher.js";
import type { VllmSettings } from "../../src/backends/server/vllm/settings.js";
import { root } from "./command.js";
import type { FakeSettings, FakeVllm } from "./fake-vllm.js";

const built = async (file: string): Promise<unknown> =>
  await import(pathToFileURL(path.join(root, "dist/backends", file)).href);

export const contract = (await built("backend.js")) as typeof Contract;
const { ManagedBackend } = (await built("server/backend.js")) as typeof Managed;
const { vllmLauncher } = (await built("server/vllm/launcher.js")) as typeof VllmLauncher;

export interface OpenedFake {
  backend: Managed.ManagedBackend<VllmSettings>;
  notices: string[];
  progress: string[];
}

export interface OpenFakeOptions extends Partial<Managed.ManagedOptions<VllmSettings>> {
  fake?: FakeSettings;
  /** Milliseconds it may take to end when asked. */
  graceMs?: number;
  /** Of each server. */
  settings?: Partial<VllmSettings>[];
}

/** What a backend told, whether it could be opened or not. */
export class Told {
  readonly notices: string[] = [];
  readonly progress: string[] = [];
}

/** @param told collects what it says */
export async function openFake(
  vllm: FakeVllm,
  { fake = {}, settings = [{}], graceMs = 1_000, ...options }: OpenFakeOptions = {},
  told = new Told(),
): Promise<Managed.ManagedBackend<VllmSettings>> {
  // Servers are started with the environment of this process, again and again while the backend is open.
  for (const name of Object.keys(process.env))
    if (name.startsWith("FAKE_VLLM_")) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, vllm.environment(fake));
  const launcher = vllmLauncher("0.32.0", () => Promise.resolve([]));
  return await ManagedBackend.open<VllmSettings>({
    provider: "vllm",
    launcher: { ...launcher, command: (...how) => ({ ...launcher.command(...how), graceMs }) },
    servers: settings.map((changes) => vllm.settings(changes)),
    servedName: "quern",
    model: { name: "mill", fingerprint: "f1" },
    usualTokens: 1000,
    reasons: ["a plan"],
    startTimeoutMs: 10_000,
    maxRestarts: 3,
    onNotice: (text) => told.notices.push(text),
    onProgress: (text) => told.progress.push(text),
    ...options,
  });
}

export const answerSchema = {
  type: "object",
  properties: { question: { type: "string", maxLength: 40 }, rating: { type: "integer", minimum: 1, maximum: 10 } },
  required: ["question", "rating"],
  additionalProperties: false,
} as const;

export function request(number: number, prompt = `Document ${number}.`): Contract.GenerateRequest {
  return {
    messages: [{ role: "user", content: prompt }],
    schema: answerSchema,
    maxTokens: 200,
    sampling: { temperature: 0.7, topP: 0.95, seed: number * 2 },
  };
}

export interface Answered {
  number: number;
  text: string;
  /** The pieces that were handed on, put together. */
  streamed: string;
}

/** Sends requests, all at once, and collects each answer as it comes. */
export function askAll(backend: Contract.Backend, count: number): { answers: Answered[]; done: Promise<void> } {
  const answers: Answered[] = [];
  const one = async (number: number) => {
    let streamed = "";
    const { text } = await backend.generate(request(number), { onDelta: (piece) => (streamed += piece) });
    answers.push({ number, text, streamed });
  };
  const done = Promise.all(Array.from({ length: count }, (_, number) => one(number))).then(() => undefined);
  // Whoever awaits it hears of the failure.
  done.catch(() => undefined);
  return { answers, done };
}
