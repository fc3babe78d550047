/** Tasks in temporary folders, and a model that makes what is asked of it, each time something new. */
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import type { JsonSchema } from "../../src/backends/backend.js";
import { loadConfig } from "../../src/config/load.js";
import { createProject, createTask, type TaskFields, type TaskFolder } from "../../src/pipeline/projects/index.js";
import { silentObserver } from "../../src/pipeline/stages/stage.js";
import { newSettings, type SettingsWish } from "../../src/pipeline/synthesis/new-settings.js";
import { Session } from "../../src/pipeline/synthesis/session.js";
import { type Answer, FakeBackend } from "./fake-backend.js";

export const headlineSchema = {
  type: "object",
  properties: { headline: { type: "string" } },
  required: ["headline"],
  additionalProperties: false,
};

export async function taskWith(fields: Partial<TaskFields> = {}): Promise<TaskFolder> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
  const project = await createProject(path.join(folder, "project"), { name: "News Desk" });
  return await createTask(project, {
    name: "Headline Writer",
    instruction: "Write a headline for the story.",
    ...fields,
  });
}

const vowels = ["a", "e", "i", "o", "u"];
const consonants = "bdfgklmnprstvz".split("");

/** A word that no other number gives, far from those of its neighbours. */
export function wordOf(number: number): string {
  let left = (number * 7919 + 104_729) % 1_000_003;
  let word = "";
  for (let i = 0; i < 4; i++) {
    word += consonants[left % consonants.length]! + vowels[Math.floor(left / consonants.length) % vowels.length]!;
    left = Math.floor(left / 70) + (number % 70) * (i + 1);
  }
  return `${word}${String.fromCharCode(97 + (number % 26))}`;
}

let made = 0;

/** Gives what a request asks for: topics, inputs, outputs, verdicts. Of the right number, and each unlike the others. */
export const willing: Answer = (request) => {
  const { schema } = request;
  if (schema === undefined) return `An output about ${wordOf(++made)} and ${wordOf(++made)}.`;
  return JSON.stringify(valueFor(schema, schema));
};

/** A value of the kinds of schemas that the stages use. */
function valueFor(schema: JsonSchema, root: JsonSchema): unknown {
  if (typeof schema === "boolean") return null;
  if (typeof schema["$ref"] === "string") {
    const steps = schema["$ref"].slice(2).split("/");
    return valueFor(
      steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], root) as JsonSchema,
      root,
    );
  }
  if (Array.isArray(schema["enum"])) return (schema["enum"] as unknown[])[0];
  switch (schema["type"]) {
    case "array": {
      const count = (schema["maxItems"] as number | undefined) ?? 1;
      return Array.from({ length: count }, () => valueFor(schema["items"] as JsonSchema, root));
    }
    case "object":
      return Object.fromEntries(
        Object.entries(schema["properties"] as Record<string, JsonSchema>).map(([name, one]) => [
          name,
          valueFor(one, root),
        ]),
      );
    case "integer":
    case "number":
      return ++made;
    case "boolean":
      return true;
    default:
      return Array.from({ length: 4 }, () => wordOf(++made)).join(" ");
  }
}

export interface Stage {
  task: TaskFolder;
  session: Session;
  backend: FakeBackend;
  warnings: string[];
  /** What the stages take. */
  options: Parameters<typeof import("../../src/pipeline/synthesis/generate.js").generate>[0];
}

export interface StageSetup {
  task?: Partial<TaskFields> | TaskFolder;
  settings?: SettingsWish;
  synthesis?: Record<string, unknown>;
  generation?: Record<string, unknown>;
  answer?: Answer;
  limits?: { contextTokens: number; concurrentRequests: number; images: boolean };
  delayMs?: number;
  signal?: AbortSignal;
}

/** A session of a task with a model that answers by a function. */
export async function stageWith(setup: StageSetup = {}): Promise<Stage> {
  const { task: given = {} } = setup;
  const task = "folder" in given ? given : await taskWith(given);
  const session = await Session.begin(task, await newSettings(task, setup.settings ?? {}));
  return { ...(await stageOf(session, setup)), task, session };
}

const open = new Set<Session>();

afterEach(async () => {
  for (const session of open) await session[Symbol.asyncDispose]().catch(() => undefined);
  open.clear();
});

/** The same for a session that is there. */
export async function stageOf(
  session: Session,
  setup: Pick<StageSetup, "answer" | "limits" | "delayMs" | "synthesis" | "generation" | "signal"> = {},
): Promise<Omit<Stage, "task">> {
  open.add(session);
  const { config } = await loadConfig({
    environment: {},
    flags: { synthesis: setup.synthesis ?? {}, generation: setup.generation ?? {} },
  });
  const limits = setup.limits ?? { contextTokens: 4096, concurrentRequests: 4, images: false };
  const backend = new FakeBackend(setup.answer ?? willing, limits, setup.delayMs ?? 0);
  const warnings: string[] = [];
  const observer = { ...silentObserver, warn: (text: string) => void warnings.push(text) };
  const options = {
    backend,
    config,
    session,
    observer,
    ...(setup.signal === undefined ? {} : { signal: setup.signal }),
  };
  return { session, backend, warnings, options };
}
