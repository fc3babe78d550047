/** Whether what a file holds is something that Kiln reads, by what the file says that it is. */
import type { z } from "zod";
import { baseProblem } from "./base.js";
import { nameProblem } from "./names.js";
import { isObject, type Raw } from "./raw.js";
import { runProblem } from "./run-shape.js";
import { schemas } from "./schemas.js";
import { runConfigProblem } from "./source-shape.js";

/** @returns what Kiln would refuse, undefined where it reads it; of kinds that quern knows not, only what all have is looked at */
export function shapeProblem(value: unknown): string | undefined {
  const type = (value as { model_type?: unknown } | null)?.model_type;
  if (type === "task_run") return runProblem(value);
  const base = baseProblem(value, typeof type === "string" ? type : "");
  if (base !== undefined) return base;
  if (type === "task_run_config") return savedRunConfigProblem(value as Raw);
  const parsed = Object.hasOwn(schemas, type as string) ? schemas[type as string]!.safeParse(value) : undefined;
  return parsed === undefined || parsed.success ? undefined : firstIssue(parsed.error);
}

/** Older files lack how outputs are asked for; Kiln fills that when it reads them. */
function savedRunConfigProblem({ name, run_config_properties: config }: Raw): string | undefined {
  const problem = typeof name === "string" ? nameProblem(name) : '"name" is no text';
  if (problem !== undefined) return problem;
  const filled = isObject(config)
    ? { ...config, structured_output_mode: config["structured_output_mode"] ?? "unknown" }
    : config;
  return runConfigProblem(filled, "run_config_properties");
}

/** The first thing that is wrong, with the key it is about. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const key = issue?.path.join(".") ?? "";
  if (issue?.code === "invalid_type" && issue.message.endsWith("received undefined")) return `"${key}" is missing`;
  return `${key === "" ? "" : `"${key}": `}${issue?.message ?? "it is not what Kiln writes"}`;
}
