/** What llama.cpp can use here, tried in processes of their own. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { GpuFacts, LlamaCppFacts, LlamaDevice } from "../facts.js";
import { type LlamaAttempt, llamaReasons } from "./llama-reasons.js";
import type { Notes } from "./notes.js";
import type { Ran } from "./run.js";
import { simdFromLlama } from "./simd.js";
import type { System } from "./system.js";

const main = fileURLToPath(new URL("./llama-devices-main.js", import.meta.url));

const deviceSchema = z.enum(["cuda", "vulkan", "metal", "cpu"]);
const answerSchema = z.object({
  version: z.string(),
  release: z.string(),
  /** Devices whose libraries are there, best first. */
  candidates: z.array(deviceSchema),
  packages: z.record(z.string(), z.boolean()),
  tried: z.object({
    device: deviceSchema,
    works: z.boolean(),
    message: z.string().optional(),
    names: z.array(z.string()).optional(),
    vramBytes: z.number().optional(),
    systemInfo: z.string().optional(),
  }),
});
export type LlamaAnswer = z.infer<typeof answerSchema>;

export interface LlamaFindings {
  facts: LlamaCppFacts;
  /** Instruction sets as llama.cpp found them, for systems that do not tell. */
  simd: readonly string[];
}

/**
 * Never throws. Takes a second where there is no GPU, and a few where there is one.
 * @param gpus what was found, to tell why one of them cannot be used
 * @param timeoutMs for each device that is tried
 */
export async function probeLlamaCpp(
  system: System,
  gpus: Promise<readonly GpuFacts[]>,
  notes: Notes,
  timeoutMs: number,
): Promise<LlamaFindings> {
  const attempt = async (device: LlamaDevice | undefined) => {
    const ran = await system.run(process.execPath, device === undefined ? [main] : [main, device], {
      timeoutMs,
      // A library that is chosen by the environment would hide the others.
      env: { NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true" },
    });
    return { ran, answer: parseLlamaAnswer(ran.stdout) };
  };
  const first = await attempt(undefined);
  // What crashed or hung was the best device, or all of it; the processor may still do.
  const others = first.answer?.candidates.filter((device) => device !== first.answer?.tried.device) ?? ["cpu" as const];
  const rest = await Promise.all(others.map((device) => attempt(device)));
  const attempts: LlamaAttempt[] = [
    toAttempt(first.answer?.tried.device, first.ran, first.answer),
    ...rest.map(({ ran, answer }, i) => toAttempt(others[i], ran, answer)),
  ];
  const told = first.answer ?? rest.find(({ answer }) => answer !== undefined)?.answer;
  const devices = deviceSchema.options.filter((device) =>
    attempts.some((each) => each.device === device && each.outcome === "works"),
  );
  const reasons = llamaReasons({
    platform: system.platform,
    arch: system.arch,
    gpus: await gpus,
    candidates: told?.candidates ?? [],
    packages: told?.packages ?? {},
    attempts,
    musl: await isMusl(system),
  });
  notes.source("llamaCpp", told === undefined ? "node-llama-cpp does not answer" : `node-llama-cpp ${told.version}`);
  return {
    facts: {
      devices,
      reasons,
      ...(told === undefined ? {} : { release: `${told.release} (node-llama-cpp ${told.version})` }),
    },
    simd: simdFromLlama(
      [first, ...rest].find(({ answer }) => answer?.tried.systemInfo !== undefined)?.answer?.tried.systemInfo ?? "",
    ),
  };
}

/** @param text what the process printed; undefined where its answer is not in it */
export function parseLlamaAnswer(text: string): LlamaAnswer | undefined {
  const line = text.split("\n").find((each) => each.startsWith("quern:"));
  try {
    return line === undefined ? undefined : answerSchema.parse(JSON.parse(line.slice("quern:".length)));
  } catch {
    return undefined;
  }
}

function toAttempt(device: LlamaDevice | undefined, ran: Ran, answer: LlamaAnswer | undefined): LlamaAttempt {
  const said = tellingLine(ran.stderr);
  if (answer === undefined) {
    const detail = said === "" ? ran.detail : `${ran.detail}: ${said}`;
    return { device, outcome: ran.ending === "timeout" ? "hangs" : "crashes", detail };
  }
  const { works, message, names = [], vramBytes = 0 } = answer.tried;
  if (!works) return { device, outcome: "fails", detail: message === "NoBinaryFoundError" ? said : (message ?? said) };
  if (device === "cpu") return { device, outcome: "works", detail: "" };
  // Programs that draw on the processor call themselves a device, too.
  const real = names.filter((name) => !/llvmpipe|lavapipe|swiftshader|softpipe/i.test(name));
  if (vramBytes === 0 || (names.length > 0 && real.length === 0)) return { device, outcome: "no-device", detail: "" };
  return { device, outcome: "works", detail: "" };
}

/** The line that tells most of what went wrong. */
function tellingLine(text: string): string {
  const lines = text.trim().split("\n");
  const line = lines.find((each) => /error|not compatible|failed/i.test(each)) ?? lines[lines.length - 1] ?? "";
  return line
    .replace(/^\[node-llama-cpp\] /, "")
    .trim()
    .slice(0, 300);
}

async function isMusl(system: System): Promise<boolean> {
  if (system.platform !== "linux") return false;
  const names = await system.list("/lib");
  return (
    names.some((name) => name.startsWith("ld-musl-")) && (await system.readText("/etc/alpine-release")) !== undefined
  );
}
