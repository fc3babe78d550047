/** How the backend is opened: what the user names, and the times it keeps. */
import type { SchemaMode } from "./schema-mode.js";

/** A server, at an address that ends as its OpenAI-compatible routes begin: `http://localhost:8000/v1`. */
export interface EndpointOptions {
  apiBase: string;
  /** Sent to `apiBase` only; never in messages or records. Empty: none. */
  apiKey: string;
}

export interface OpenAIOptions {
  /** The section of the configuration, for messages. */
  provider: string;
  /** Servers of the same model, used side by side. At least one, unless `apiBase` names the only one. */
  endpoints?: readonly EndpointOptions[];
  /** The only server, in place of `endpoints`. */
  apiBase?: string;
  apiKey?: string;
  /** Empty: the first model each server lists. */
  model: string;
  /** Times a request is sent again after a server's error, before the caller is told; waiting for room does not count. */
  maxRetries?: number;
  /** The first wait before that; doubled each time. */
  retryDelayMs?: number;
  /** What the server can enforce; `auto` asks it once. */
  schemaMode?: "auto" | SchemaMode;
  /** Tokens of one request, in place of what the server says. */
  contextTokens?: number;
  /** Requests sent to each server at once to begin with; absent: by kind of server. */
  concurrency?: number;
  /** Most requests sent to each server at once; absent: by kind of server. */
  maxConcurrent?: number;
  /** Least time between the starts of two requests to one server; 0 where absent. */
  spacingMs?: number;
  /** A request is given up when its connection is silent for so long. */
  requestTimeoutMs?: number;
  /** How long all servers may be gone before the run ends. */
  waitForServerMs?: number;
  /** Somebody restarts the servers and says so ({@link Endpoint}): then nothing is given up before they say so too. */
  managed?: boolean;
  /** Identifies the model in the journal; absent: the first address and the name. */
  fingerprint?: string;
  /** Told of what people should know at once. */
  onNotice?: (text: string) => void;
  /** For tests. */
  timing?: Partial<Timing>;
  /** For tests: the clock by which throughput is measured, in milliseconds. */
  now?: () => number;
}

/** Waits, in milliseconds. */
export interface Timing {
  /** For a server's list of models when it is opened. */
  start: number;
  /** For the small questions about what a server is. */
  ask: number;
  /** For the first answer to a schema; a model may have to be loaded. */
  schemaProbe: number;
  /** Between looking after a server that is gone: the first, and the longest. */
  probe: number;
  probeMax: number;
  /** Between reading a busy server's metrics. */
  metrics: number;
  /** Before sending again where a server is full and does not say for how long: the first, and the longest. */
  full: number;
  fullMax: number;
  /** The longest wait a server may ask for. */
  retryAfterMax: number;
}

export const defaultTiming: Timing = {
  start: 10_000,
  ask: 3_000,
  schemaProbe: 120_000,
  probe: 250,
  probeMax: 5_000,
  metrics: 2_000,
  full: 1_000,
  fullMax: 60_000,
  retryAfterMax: 300_000,
};

/** Everything decided: what one endpoint and the pool work by. */
export interface Settings {
  provider: string;
  model: string;
  maxRetries: number;
  retryDelayMs: number;
  schemaMode: "auto" | SchemaMode;
  contextTokens: number | undefined;
  concurrency: number | undefined;
  maxConcurrent: number | undefined;
  spacingMs: number;
  requestTimeoutMs: number;
  waitForServerMs: number;
  managed: boolean;
  onNotice: (text: string) => void;
  timing: Timing;
  now: () => number;
}

export function settingsOf(options: OpenAIOptions): Settings {
  return {
    provider: options.provider,
    model: options.model,
    maxRetries: options.maxRetries ?? 3,
    retryDelayMs: options.retryDelayMs ?? 1000,
    schemaMode: options.schemaMode ?? "auto",
    contextTokens: options.contextTokens,
    concurrency: options.concurrency,
    maxConcurrent: options.maxConcurrent,
    spacingMs: options.spacingMs ?? 0,
    requestTimeoutMs: options.requestTimeoutMs ?? 600_000,
    waitForServerMs: options.waitForServerMs ?? 60_000,
    managed: options.managed ?? false,
    onNotice: options.onNotice ?? (() => undefined),
    timing: { ...defaultTiming, ...options.timing },
    now: options.now ?? (() => performance.now()),
  };
}
