/** What a server says about itself: its kind, its models and their limits. Every question is small and may be refused. */
import { BackendStartError } from "../backend.js";
import { messageOf } from "../../errors.js";
import { type Address, presentable, shownCause } from "./address.js";
import { messageIn, underlying } from "./failures.js";
import type { Settings } from "./options.js";
import { StatusError, textOf, type Wire } from "./wire.js";

export type ServerKind = "vllm" | "sglang" | "llama-server" | "ollama" | "lm-studio" | "tgi" | "unknown";

export const kindNames: Record<ServerKind, string> = {
  vllm: "vLLM",
  sglang: "SGLang",
  "llama-server": "llama.cpp's server",
  ollama: "Ollama",
  "lm-studio": "LM Studio",
  tgi: "Text Generation Inference",
  unknown: "OpenAI-compatible server",
};

export interface ServerFacts {
  kind: ServerKind;
  version: string | undefined;
  /** The name this server knows the model by. */
  model: string;
  /** All names it has. */
  models: readonly string[];
  /** Tokens of one request, and who says so. Undefined: nobody does. */
  context: { tokens: number; source: string } | undefined;
  /** Requests it decodes at once, where that is a fixed number. */
  slots: number | undefined;
  images: boolean;
  /** In which way it counts tokens. */
  tokenizer: "vllm" | "llama-server" | undefined;
  hasMetrics: boolean;
}

interface ModelEntry {
  id: string;
  owned_by?: string;
  max_model_len?: number;
  context_length?: number;
  meta?: object | null;
}

interface Props {
  default_generation_settings?: { n_ctx?: number };
  total_slots?: number;
  build_info?: string;
  modalities?: { vision?: boolean };
}

/** Asks one server small questions in JSON. */
export class Asker {
  constructor(
    readonly address: Address,
    private readonly wire: Wire,
    private readonly settings: Pick<Settings, "timing">,
  ) {}

  /**
   * @param ms gives up after so many milliseconds
   * @throws {StatusError} and what the connection throws; a SyntaxError for what is not JSON
   */
  async json(url: string, body?: unknown, ms = this.settings.timing.ask, signal?: AbortSignal): Promise<unknown> {
    return JSON.parse(await this.text(url, body, ms, signal)) as unknown;
  }

  async text(url: string, body?: unknown, ms = this.settings.timing.ask, signal?: AbortSignal): Promise<string> {
    // Timers of AbortSignal.timeout do not keep the process alive; the connection does.
    const limit = AbortSignal.timeout(ms);
    try {
      const response = await this.wire.fetch(url, {
        method: body === undefined ? "GET" : "POST",
        headers: { ...this.address.headers, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      return await textOf(response.incoming, 16 * 1024 * 1024);
    } catch (error) {
      if (limit.aborted && signal?.aborted !== true) throw new SlowAnswer(ms);
      throw error;
    }
  }

  /** @returns the answer if it is an object, undefined if anything went wrong */
  async tryObject<T>(path: string, body?: unknown): Promise<T | undefined> {
    try {
      const value = await this.json(`${this.address.root}${path}`, body);
      return typeof value === "object" && value !== null ? (value as T) : undefined;
    } catch {
      return undefined;
    }
  }
}

export class SlowAnswer extends Error {
  constructor(ms: number) {
    super(`no answer within ${Math.ceil(ms / 1000)} s`);
  }
}

/**
 * @throws {BackendStartError} when the server does not answer, refuses the key or does not have the model; its cause
 *   is what the connection threw
 */
export async function learn(asker: Asker, settings: Settings): Promise<ServerFacts> {
  const { address } = asker;
  const models = await listModels(asker, settings);
  const names = models.map((model) => model.id);
  const entry = settings.model === "" ? models[0] : models.find((model) => model.id === settings.model);
  if (entry === undefined && (models.length > 0 || settings.model === ""))
    throw new BackendStartError(
      `${settings.provider}: the server at ${address.base} does not have the model "${settings.model}"; it has ${names.join(", ") || "none"}`,
      { remedy: `choose one with -m or ${settings.provider}.model` },
    );
  const model = entry?.id ?? settings.model;
  const facts: ServerFacts = {
    kind: "unknown",
    version: undefined,
    model,
    models: names,
    context: fromEntry(entry),
    slots: undefined,
    images: false,
    tokenizer: undefined,
    hasMetrics: false,
  };
  await recognize(asker, entry, facts);
  await findTokenizer(asker, facts);
  if (facts.kind === "vllm")
    facts.hasMetrics = await asker.text(`${address.root}/metrics`).then(
      (text) => text.includes("vllm:"),
      () => false,
    );
  if (settings.contextTokens !== undefined) facts.context = { tokens: settings.contextTokens, source: "as set" };
  return facts;
}

async function listModels(asker: Asker, settings: Settings): Promise<ModelEntry[]> {
  const { address } = asker;
  const { provider } = settings;
  try {
    const reply = (await asker.json(`${address.base}/models`, undefined, settings.timing.start)) as {
      data?: unknown;
    } | null;
    if (!Array.isArray(reply?.data)) throw new Error("what it gives as its list of models is none");
    return (reply.data as ModelEntry[]).filter((model) => typeof model.id === "string");
  } catch (thrown) {
    const error = underlying(thrown);
    const status = error instanceof StatusError ? error.status : undefined;
    const words =
      error instanceof StatusError
        ? `it answers ${error.status}: ${messageIn(error.body) || "nothing"}`
        : error instanceof SyntaxError
          ? "what it gives as its list of models is not JSON"
          : messageOf(error) || String((error as NodeJS.ErrnoException).code);
    const shown = presentable(words, address.secrets);
    const cause = shownCause(error, address.secrets);
    const where = `${provider}: the server at ${address.base}`;
    if (status === 401 || status === 403)
      throw new BackendStartError(`${where} refuses the key: ${shown}`, {
        remedy: `set ${provider}.api_key`,
        cause,
      });
    if (status !== undefined && status >= 300 && status < 400) {
      const to = presentable((error as StatusError).headers.get("location") ?? "elsewhere", address.secrets);
      throw new BackendStartError(`${where} redirects to ${to}, which is not followed`, {
        remedy: `set ${provider}.api_base to the address where the server is`,
        cause,
      });
    }
    throw new BackendStartError(`${where} does not answer: ${shown}`, {
      remedy:
        status === 404 || error instanceof SyntaxError
          ? `check ${provider}.api_base: most servers' addresses end in /v1`
          : `start it, or set ${provider}.api_base and ${provider}.api_key`,
      cause,
    });
  }
}

/** Asks what the list of models hints at first; without a hint, everything at once. */
async function recognize(asker: Asker, entry: ModelEntry | undefined, facts: ServerFacts): Promise<void> {
  const owner = entry?.owned_by ?? "";
  const isOpen = !["vllm", "sglang", "llamacpp"].includes(owner);
  const ask = <T>(path: string, when: boolean) => (when ? asker.tryObject<T>(path) : undefined);
  const [props, version, sglang, ollama, tgi, studio] = await Promise.all([
    ask<Props>("/props", isOpen || owner === "llamacpp"),
    ask<{ version?: string }>("/version", isOpen || owner === "vllm"),
    ask<{ version?: string }>("/get_server_info", owner === "sglang"),
    ask<{ version?: string }>("/api/version", isOpen),
    ask<{ version?: string; max_total_tokens?: number }>("/info", isOpen),
    ask<{ data?: StudioModel[] }>("/api/v0/models", isOpen),
  ]);
  if (owner === "llamacpp" || props?.default_generation_settings !== undefined) {
    facts.kind = "llama-server";
    facts.version = text(props?.build_info);
    const tokens = props?.default_generation_settings?.n_ctx;
    if (isCount(tokens)) facts.context = { tokens, source: "the server says so, per slot" };
    if (isCount(props?.total_slots)) facts.slots = props.total_slots;
    facts.images = props?.modalities?.vision === true;
  } else if (owner === "sglang") {
    facts.kind = "sglang";
    facts.version = text(sglang?.version);
  } else if (owner === "vllm") {
    facts.kind = "vllm";
    facts.version = text(version?.version);
  } else if (typeof ollama?.version === "string") {
    facts.kind = "ollama";
    facts.version = text(ollama.version);
    await askOllama(asker, facts);
  } else if (Array.isArray(studio?.data) && studio.data.some(({ type }) => typeof type === "string")) {
    facts.kind = "lm-studio";
    askStudio(studio.data, facts);
  } else if (isCount(tgi?.max_total_tokens)) {
    facts.kind = "tgi";
    facts.version = text(tgi.version);
    facts.context = { tokens: tgi.max_total_tokens, source: "the server says so" };
  } else if (typeof version?.version === "string" && isCount(entry?.max_model_len)) {
    // vLLM behind something that renames its owner.
    facts.kind = "vllm";
    facts.version = text(version.version);
  }
}

interface StudioModel {
  id?: string;
  type?: string;
  loaded_context_length?: number;
  max_context_length?: number;
}

function askStudio(models: StudioModel[], facts: ServerFacts): void {
  const found = models.find((model) => model.id === facts.model);
  facts.images = found?.type === "vlm";
  const tokens = found?.loaded_context_length ?? found?.max_context_length;
  if (isCount(tokens)) facts.context = { tokens, source: "the server says so" };
}

/** Ollama cuts prompts without a word, so its context is what it uses, not what the model could. */
async function askOllama(asker: Asker, facts: ServerFacts): Promise<void> {
  const [show, running] = await Promise.all([
    asker.tryObject<{ parameters?: string; model_info?: Record<string, unknown>; capabilities?: string[] }>(
      "/api/show",
      { model: facts.model },
    ),
    asker.tryObject<{ models?: { name?: string; model?: string; context_length?: number }[] }>("/api/ps"),
  ]);
  facts.images = show?.capabilities?.includes("vision") === true;
  const set = Number(/^num_ctx\s+(\d+)/m.exec(show?.parameters ?? "")?.[1]);
  const loaded = running?.models?.find(({ name, model }) => name === facts.model || model === facts.model);
  const trained = Object.entries(show?.model_info ?? {}).find(([key]) => key.endsWith(".context_length"))?.[1];
  if (isCount(loaded?.context_length)) facts.context = { tokens: loaded.context_length, source: "the server says so" };
  else if (isCount(set)) facts.context = { tokens: set, source: "the model's num_ctx" };
  else if (isCount(trained))
    facts.context = { tokens: Math.min(trained, ollamaDefaultContext), source: "Ollama's default" };
}

const ollamaDefaultContext = 4096;

async function findTokenizer(asker: Asker, facts: ServerFacts): Promise<void> {
  if (facts.kind === "llama-server") {
    const reply = await asker.tryObject<{ tokens?: unknown }>("/tokenize", { content: "a" });
    if (Array.isArray(reply?.tokens)) facts.tokenizer = "llama-server";
  } else if (facts.kind === "vllm" || facts.kind === "sglang") {
    const reply = await asker.tryObject<{ count?: unknown }>("/tokenize", { model: facts.model, prompt: "a" });
    if (isCount(reply?.count)) facts.tokenizer = "vllm";
  }
}

function fromEntry(entry: ModelEntry | undefined): ServerFacts["context"] {
  const tokens = entry?.max_model_len ?? entry?.context_length;
  return isCount(tokens) ? { tokens, source: "the server says so" } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? presentable(value, []) : undefined;
}
