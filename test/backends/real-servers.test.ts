/** Real servers that quern starts and keeps up: llama.cpp's own, and vLLM on the CPU. */
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import type { Backend, GenerateRequest } from "../../src/backends/backend.js";
import type * as Launch from "../../src/backends/launch.js";
import type * as Requests from "../../src/backends/plan-request.js";
import type { ManagedBackend } from "../../src/backends/server/backend.js";
import type * as Load from "../../src/config/load.js";
import type { MachineFacts } from "../../src/hw/facts.js";
import type * as Probe from "../../src/hw/probe.js";
import { root } from "../support/command.js";
import { documentText } from "../support/documents.js";
import { skipLoudly } from "../support/expectations.js";
import { folderWith } from "../support/folders.js";
import { kill, leftOf, processesWith } from "../support/processes.js";

const llamaServer = path.join(root, ".bench/llama-server");
const vllm = path.join(root, ".venv-vllm/bin/vllm");
const python = path.join(root, ".venv-vllm/bin/python");
const gguf = path.join(root, "models/quern-embedded.gguf");

const built = async (file: string): Promise<unknown> => await import(pathToFileURL(path.join(root, "dist", file)).href);
const { launchLlamaServer, launchVllm } = (await built("backends/launch.js")) as typeof Launch;
const { planRequest } = (await built("backends/plan-request.js")) as typeof Requests;
const { loadConfig } = (await built("config/load.js")) as typeof Load;
const { probeMachine } = (await built("hw/probe.js")) as typeof Probe;

function has(file: string, how: string): boolean {
  if (existsSync(file)) return true;
  skipLoudly(`${path.relative(root, file)} is not there; ${how} makes it`);
  return false;
}

const schema = {
  type: "object",
  properties: {
    question: { type: "string", minLength: 1, maxLength: 60 },
    answer: { type: "string", minLength: 1, maxLength: 80 },
  },
  required: ["question", "answer"],
  additionalProperties: false,
} as const;

const request = (number: number, paragraphs = 3): GenerateRequest => ({
  messages: [
    {
      role: "user",
      content: `Ask one question about this text, and answer it.\n\n${documentText(number, paragraphs)}`,
    },
  ],
  schema,
  maxTokens: 300,
  sampling: { temperature: 0.7, topP: 0.95, seed: number + 1 },
});

type Answer = Awaited<ReturnType<Backend["generate"]>>;

/** Sends requests, all at once; tells of each when it is answered. */
function askAll(backend: Backend, requests: readonly GenerateRequest[]) {
  const texts = new Map<number, Answer[]>();
  const done = Promise.all(
    requests.map(async (one, number) => {
      const answer = await backend.generate(one);
      texts.set(number, [...(texts.get(number) ?? []), answer]);
    }),
  );
  done.catch(() => undefined);
  return { texts, done };
}

/** Every request has one answer, of the form that was asked for; a small model may go on until it is cut. */
function expectAll(texts: ReadonlyMap<number, Answer[]>, count: number): void {
  expect(texts.size).toBe(count);
  const answers = [...texts.values()].map((each) => {
    expect(each).toHaveLength(1);
    return each[0]!;
  });
  const whole = answers.filter(({ finishReason }) => finishReason === "stop");
  expect(whole.length).toBeGreaterThan(count / 2);
  for (const { text } of whole) expect(Object.keys(JSON.parse(text) as object)).toEqual(["question", "answer"]);
}

/** Kills the first server and waits for its successor; more may be answered in the meantime. */
async function killServer<T>(backend: ManagedBackend<T>): Promise<void> {
  const [server] = backend.processIds;
  kill(server!);
  while (backend.processIds[0] === undefined || backend.processIds[0] === server) await delay(20);
}

let state: string;
let notices: string[];
const options = {
  onNotice: (text: string) => notices.push(text),
  onProgress: () => undefined,
};

beforeAll(async () => {
  state = await folderWith();
  process.env["QUERN_STATE"] = state;
  notices = [];
});

const withLlama = has(llamaServer, "test/servers/build-llama-server.sh") ? it : it.skip;
const withVllm =
  has(vllm, "test/python/install-vllm.sh") && has(llamaServer, "test/servers/build-llama-server.sh") ? it : it.skip;

async function machineWith(programs: { vllm?: string; llamaServer?: string }): Promise<MachineFacts> {
  const machine = await probeMachine({ ...programs, llamaCpp: false });
  // On every machine the same: no GPU.
  return { ...machine, gpus: [] };
}

describe("llama.cpp's server", () => {
  withLlama("answers all, though it is killed five times", async () => {
    const { config } = await loadConfig({ flags: { "llama-cpp": { sequences: 4, context: 2048 } } });
    const machine = await machineWith({ llamaServer });
    const backend = await launchLlamaServer(config, gguf, machine, planRequest(config), options);
    try {
      expect(backend.limits).toMatchObject({ contextTokens: 2048, concurrentRequests: 6 });
      expect((await backend.countTokens(["The mill grinds rye."]))[0]).toBeGreaterThan(3);
      const { texts, done } = askAll(
        backend,
        Array.from({ length: 20 }, (_, number) => request(number)),
      );
      for (let killed = 0; killed < 5; killed++) {
        const before = texts.size;
        while (texts.size < before + 2) await delay(5);
        await killServer(backend);
      }
      await done;
      expectAll(texts, 20);
      expect(backend.stats.restarts).toBe(5);
    } finally {
      await backend[Symbol.asyncDispose]();
    }
    expect(await leftOf(processesWith(llamaServer))).toEqual([]);
  });
});

describe("vLLM on the CPU", () => {
  withVllm(
    "answers with schemas and seeds, tells its cache, and goes on after kill -9",
    async () => {
      const others = processesWith("VLLM::");
      const model = path.join(await folderWith(), "quern-embedded");
      await execa(python, [path.join(root, "test/servers/embedded-to-huggingface.py"), model]);
      const { config } = await loadConfig({
        flags: { llm: { provider: "vllm" }, vllm: { sequences: 8, context: 2048 } },
      });
      const machine = await machineWith({ vllm });
      expect(machine.vllm?.cpuOnly).toBe(true);
      const backend = await launchVllm(config, model, machine, planRequest(config), options);
      try {
        expect(backend.limits.contextTokens).toBe(2048);
        expect(backend.description.join("\n")).toMatch(/a cache of \d{5,} tokens, 8 requests at once/);
        expect((await backend.countTokens(["The mill grinds rye."]))[0]).toBeGreaterThan(3);
        // Long prompts with seeds of their own, side by side: pieces of prompts would end the engine.
        const { texts, done } = askAll(
          backend,
          Array.from({ length: 16 }, (_, number) => request(number, 12)),
        );
        while (texts.size < 3) await delay(20);
        await killServer(backend);
        await done;
        expectAll(texts, 16);
        expect(backend.stats.restarts).toBe(1);
        expect(notices.filter((text) => text.startsWith("vLLM"))).toHaveLength(1);
      } finally {
        await backend[Symbol.asyncDispose]();
      }
      expect(await leftOf(processesWith(model))).toEqual([]);
      expect(await leftOf(processesWith("VLLM::").filter((pid) => !others.includes(pid)))).toEqual([]);
    },
    600_000,
  );
});
