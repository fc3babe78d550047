/** Finds the settings with which a model gets most done on this machine, by trying them. */
import type { Backend } from "./backend.js";
import { type Load, measure, type Speed } from "./measure.js";

export interface Settings {
  sequences: number;
  threads: number;
  batchTokens: number;
}

export interface Trial {
  settings: Settings;
  speed: Speed;
}

export interface TuneOptions {
  /** Opens the model with these settings. */
  open: (settings: Settings) => Promise<Backend>;
  base: Settings;
  /** Numbers of requests to try, ascending. */
  requests: readonly number[];
  load: Omit<Load, "requests">;
  /** Physical cores this process may use. */
  cores: number;
  onTrial: (trial: Trial, what: string) => void;
  signal?: AbortSignal | undefined;
}

/** A gain below this is noise, and fewer requests at once answer each sooner. */
const worthwhile = 1.03;

/** @returns all trials by number of requests, and the best settings */
export async function tune(options: TuneOptions): Promise<{ byRequests: Trial[]; others: Trial[]; best: Trial }> {
  const { base, requests, open, onTrial } = options;
  const byRequests: Trial[] = [];
  const most = Math.max(...requests);
  {
    await using backend = await open({ ...base, sequences: most });
    for (const count of requests) {
      const trial = { settings: { ...base, sequences: count }, speed: await best(backend, count, options) };
      byRequests.push(trial);
      onTrial(trial, `${count} requests at once`);
    }
  }
  let winner = byRequests[0]!;
  for (const trial of byRequests)
    if (trial.speed.tokensPerSecond > winner.speed.tokensPerSecond * worthwhile) winner = trial;
  const others: Trial[] = [];
  const tries: Partial<Settings>[] = [
    ...[Math.ceil(options.cores / 2), options.cores]
      .filter((threads) => threads !== base.threads)
      .map((threads) => ({ threads })),
    ...[256, 512, 1024]
      .filter((batchTokens) => batchTokens !== base.batchTokens)
      .map((batchTokens) => ({ batchTokens })),
  ];
  for (const change of tries) {
    const settings = { ...winner.settings, ...change };
    await using backend = await open(settings);
    const trial = { settings, speed: await best(backend, settings.sequences, options) };
    others.push(trial);
    onTrial(
      trial,
      Object.entries(change)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
    );
    if (trial.speed.tokensPerSecond > winner.speed.tokensPerSecond * worthwhile) winner = trial;
  }
  return { byRequests, others, best: winner };
}

/** The better of two runs: other programs can only make one slower. */
async function best(backend: Backend, requests: number, { load, signal }: TuneOptions): Promise<Speed> {
  const first = await measure(backend, { ...load, requests }, 1, signal);
  const second = await measure(backend, { ...load, requests }, 2, signal);
  return first.tokensPerSecond >= second.tokensPerSecond ? first : second;
}
