/** Settings that `quern bench` found best for this machine and a model, and that the user chose to keep. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { messageOf, OutputError } from "../errors.js";
import { stateFolder } from "../files/folders.js";
import type { PlanRequest } from "../hw/plan/index.js";

const settingsSchema = z.object({
  provider: z.enum(["llama-cpp", "llama-server"]),
  sequences: z.number().int().positive(),
  threads: z.number().int().positive(),
  batchTokens: z.number().int().positive(),
  tokensPerSecond: z.number(),
  /** ISO 8601. */
  measured: z.string(),
});
export type KeptSettings = z.output<typeof settingsSchema>;
const fileSchema = z.record(z.string(), settingsSchema);

function fileOf(): string {
  return path.join(stateFolder(), "settings.json");
}

/** The same model on another machine, or with other cores, is another case. */
export function settingsKey(
  machine: { cpu: { model: string; usableCores: number }; gpus: readonly { name: string }[] },
  fingerprint: string,
): string {
  return [
    machine.cpu.model,
    `${machine.cpu.usableCores} cores`,
    ...machine.gpus.map((gpu) => gpu.name),
    fingerprint,
  ].join(" | ");
}

/** @returns undefined where nothing was kept; a file that cannot be read counts as none */
export async function keptSettings(key: string): Promise<KeptSettings | undefined> {
  return (await readAll())[key];
}

/** @throws {OutputError} when it cannot be written */
export async function keepSettings(key: string, settings: KeptSettings): Promise<string> {
  const file = fileOf();
  const all = { ...(await readAll()), [key]: settings };
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const aside = `${file}.${process.pid}.tmp`;
    await writeFile(aside, `${JSON.stringify(all, null, 2)}\n`);
    await rename(aside, file);
  } catch (error) {
    throw new OutputError(`cannot keep the settings in ${file}: ${messageOf(error)}`, {
      remedy: "make the folder writable, or name another with QUERN_STATE",
      cause: error,
    });
  }
  return file;
}

/** Fills in what the configuration leaves open. */
export function withKept(request: PlanRequest, kept: KeptSettings): PlanRequest {
  return {
    ...request,
    sequences: request.sequences === "auto" ? kept.sequences : request.sequences,
    threads: request.threads === "auto" ? kept.threads : request.threads,
    batchTokens: request.batchTokens === "auto" ? kept.batchTokens : request.batchTokens,
  };
}

async function readAll(): Promise<Record<string, KeptSettings>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(fileOf(), "utf8")));
  } catch {
    return {};
  }
}
