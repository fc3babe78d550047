/** Runs `create` in this process on a backend that answers by a function. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { GenerateRequest } from "../../src/backends/backend.js";
import { loadConfig } from "../../src/config/load.js";
import { createTypeNamed } from "../../src/pipeline/create/index.js";
import type { Amount } from "../../src/pipeline/create/type.js";
import { create } from "../../src/pipeline/stages/create.js";
import { exitCodeOf, silentObserver, type StageResult } from "../../src/pipeline/stages/stage.js";
import { type Answer, FakeBackend } from "./fake-backend.js";
import { folderWith } from "./folders.js";

export interface Created {
  result: StageResult;
  exitCode: number;
  warnings: string[];
  backend: FakeBackend;
  folder: string;
  /** A file of the output folder, parsed. */
  read: <T = Record<string, unknown>>(name: string) => Promise<T>;
}

export interface CreateSetup {
  files: Readonly<Record<string, unknown>>;
  /** Of the files, relative to their folder; all of them where absent. */
  inputs?: readonly string[];
  type?: string;
  amount?: Amount;
  generation?: Record<string, unknown>;
  prompts?: Record<string, string>;
  answer: Answer;
  limits?: { contextTokens: number; concurrentRequests: number; images: boolean };
  /** A folder that is there already. */
  folder?: string;
}

export async function createWith(setup: CreateSetup): Promise<Created> {
  const folder = setup.folder ?? (await folderWith(setup.files));
  const { config } = await loadConfig({
    environment: {},
    flags: { generation: { language: "any", ...setup.generation }, prompts: setup.prompts ?? {} },
  });
  const backend = new FakeBackend(setup.answer, setup.limits);
  const warnings: string[] = [];
  const result = await create(
    (setup.inputs ?? Object.keys(setup.files)).map((name) => path.join(folder, name)),
    {
      backend,
      config,
      type: createTypeNamed(setup.type ?? "qa"),
      amount: setup.amount,
      outputFolder: path.join(folder, "out"),
      observer: { ...silentObserver, warn: (text) => warnings.push(text) },
    },
  );
  const read = async <T>(name: string) => JSON.parse(await readFile(path.join(folder, "out", name), "utf8")) as T;
  return { result, exitCode: exitCodeOf(result), warnings, backend, folder, read };
}

export interface ItemSchema {
  properties: Record<string, { enum?: string[]; maxLength?: number }>;
  required: string[];
}

/** The schema of one record that a request asks for. */
export function itemSchemaOf(request: GenerateRequest): ItemSchema | undefined {
  return (request.schema as { items?: ItemSchema }).items;
}

export function wantedIn(request: GenerateRequest): number {
  return (request.schema as { maxItems?: number }).maxItems ?? 0;
}

export function promptOf(request: GenerateRequest): string {
  return request.messages.map((message) => message.content).join("\n");
}

let made = 0;

/** A model that gives what is asked, each time something new. */
export const obliging: Answer = (request) => {
  const { schema } = request;
  const properties = (schema as { properties?: object }).properties ?? {};
  if ("summary" in properties) return JSON.stringify({ summary: "What it is about." });
  if ("reasoning" in properties) return JSON.stringify({ reasoning: `Step ${++made}, and then the next.` });
  const item = itemSchemaOf(request)!;
  const records = Array.from({ length: wantedIn(request) }, (_, i) => {
    const number = ++made;
    return Object.fromEntries(
      Object.entries(item.properties).map(([name, field]) => [
        name,
        field.enum === undefined ? `${name} number ${number} of the text?` : field.enum[i % field.enum.length],
      ]),
    );
  });
  return JSON.stringify(records);
};
