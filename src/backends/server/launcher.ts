/** What a supervisor has to know of a server program: how to call it, how to read it, and what to do when it fails. */
import type { ServerCommand } from "./server-process.js";

/** Why a start failed, as its output tells. */
export interface Diagnosis {
  kind:
    | "out-of-memory"
    /** The context does not fit, and the server says which would. */
    | "context"
    | "port"
    /** A flag that this version does not know. */
    | "flag"
    /** Starting again will not help: a wrong path, an unknown kind of model, a driver that is too old. */
    | "hopeless"
    | "unknown";
  /** Where memory was short, for `out-of-memory`. */
  where?: "free" | "weights" | "sampler" | "cache" | "other";
  /** The line that says so, for people. */
  message: string;
  remedy?: string;
  /** Tokens that would fit, for `context`. */
  contextTokens?: number;
  /** The flag, for `flag`. */
  flag?: string;
  /** GiB free of all on the device, where it is told. */
  free?: { gib: number; totalGib: number };
}

/** What a running server says it can hold. */
export interface Capacity {
  /** Tokens of one request. */
  contextTokens: number;
  /** Tokens of its whole cache, where it says. */
  cacheTokens?: number;
  /** Requests it works on at once. */
  sequences: number;
}

export interface Address {
  /** `http://127.0.0.1:8123`, without a path. */
  origin: string;
  key: string;
}

export interface Launcher<Settings> {
  /** `vLLM 0.29.0`. */
  readonly title: string;
  /** Name of the log, and of the record of what runs: `vllm`. */
  readonly name: string;
  command(settings: Settings, port: number, key: string): ServerCommand;
  /** What a line of output says of the progress of the start, for people; undefined where it says nothing of it. */
  progress(line: string): string | undefined;
  /** @param lines the output of a start that failed, oldest first */
  diagnose(lines: readonly string[], settings: Settings): Diagnosis;
  /** @returns settings that ask for less, and what was changed; undefined where nothing is left to give up */
  easier(settings: Settings, diagnosis: Diagnosis): { settings: Settings; change: string } | undefined;
  /** Asks the ready server for its true capacity. */
  capacity(address: Address, settings: Settings): Promise<Capacity>;
  /** Waits until what a dead server held is free again, at most half a minute. */
  waitUntilFree(settings: Settings, signal?: AbortSignal): Promise<void>;
}
