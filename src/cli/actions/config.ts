import { loadConfig, type LoadedConfig } from "../../config/load.js";
import { leaves, valueAt } from "../../config/tree.js";
import { ConfigError, ExitCode, lineOf, messageOf, UsageError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import { configProblems } from "../../pipeline/check-config.js";
import type { ConfigShowFlags } from "../config.js";
import type { CommonOptions } from "../options.js";
import { runReport } from "../session.js";

/** Keys whose values are nobody's business. */
const secret = /(?:^|\.)(?:api_)?(?:key|token|password)$/;
/** Columns of a line after which where a value comes from is told. */
const valueColumns = 60;

/** @throws {UsageError} when nothing has this name */
export async function configShowAction(section: string | undefined, options: ConfigShowFlags): Promise<void> {
  await runReport("config show", options, {}, async ({ loaded }) => {
    const { merged, origins } = loaded;
    const isWanted = (name: string) => section === undefined || name === section || name.startsWith(`${section}.`);
    const all = leaves(merged).filter(([name]) => isWanted(name));
    if (section !== undefined && all.length === 0 && valueAt(merged, section) === undefined)
      throw new UsageError(`the configuration has nothing called ${section}`, { remedy: suggestion(section, merged) });
    const values = all
      .map(([name, value]) => ({ name, value: shownValue(name, value), origin: origins.get(name) ?? "default" }))
      .filter(({ origin }) => options.changed !== true || origin !== "default");
    const lines = values.map(({ name, value, origin }) =>
      `${`${name}: ${oneLine(value)}`.padEnd(valueColumns)}  # ${origin}`.trimEnd(),
    );
    return await Promise.resolve({
      json: { values },
      lines: lines.length > 0 ? lines : ["all is as the defaults have it"],
    });
  });
}

/** Exit code 2 when the file cannot be used. */
export async function configCheckAction(file: string, options: CommonOptions): Promise<void> {
  await runReport("config check", { ...options, config: undefined }, {}, async () => {
    const { warnings, problems } = await check(file);
    const ok = problems.length === 0;
    const told = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
    return {
      json: { file, ok, problems: problems.map(messageOf), warnings },
      lines: [
        ...problems.map((problem) => `✗ ${lineOf(problem)}`),
        ...warnings.map((warning) => `! ${warning}`),
        ok
          ? `✓ ${file} can be used${warnings.length === 0 ? "" : ` (${told(warnings.length, "warning")})`}`
          : `${file} cannot be used: ${told(problems.length, "problem")}`,
      ],
      exitCode: ok ? ExitCode.done : ExitCode.usage,
    };
  });
}

async function check(file: string): Promise<{ warnings: readonly string[]; problems: ConfigError[] }> {
  let loaded: LoadedConfig;
  try {
    loaded = await loadConfig({ file });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { warnings: [], problems: [error] };
  }
  const { config, warnings, origins } = loaded;
  return { warnings, problems: await configProblems(config, (name) => origins.get(name) ?? file) };
}

function shownValue(name: string, value: unknown): unknown {
  return secret.test(name) && value !== "" ? "(not shown)" : value;
}

function oneLine(value: unknown): string {
  const text = typeof value === "string" && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > 70 ? `${text.slice(0, 70)}…` : text;
}

function suggestion(name: string, merged: Record<string, unknown>): string {
  const names = [...Object.keys(merged), ...leaves(merged).map(([one]) => one)];
  const near = nearest(name, names);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `its sections are ${Object.keys(merged).join(", ")}`;
}
