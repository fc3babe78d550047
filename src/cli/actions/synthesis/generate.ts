import { openTask } from "../../../pipeline/projects/index.js";
import { emptyResult } from "../../../pipeline/stages/stage.js";
import { generate } from "../../../pipeline/synthesis/generate.js";
import { newSettings } from "../../../pipeline/synthesis/new-settings.js";
import { guidanceText } from "../../../pipeline/synthesis/guidance.js";
import type { SessionSettings } from "../../../pipeline/synthesis/settings.js";
import { stages } from "../../../pipeline/synthesis/types.js";
import type { Config } from "../../../config/schema.js";
import type { GenerateFlags } from "../../generate.js";
import { modelFlags } from "../../options.js";
import { runCommand } from "../../session.js";
import { openSession, wishOf } from "./session.js";

export async function generateAction(given: string, flags: GenerateFlags): Promise<void> {
  await runCommand("generate", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    const { counts, depth } = topicsWanted(flags, config);
    const count = flags.inputs ?? config.synthesis.inputs;
    if (flags.preview === true) {
      const settings = await newSettings(await openTask(given), await wishOf(flags, "all"));
      for (const line of previewLines(settings, counts, depth, count * flags.each)) reporter.preview(line);
      return { result: emptyResult() };
    }
    await using session = await openSession(given, flags, "all", true, reporter);
    const result = await withBackend((backend) =>
      generate(
        { backend, config, session, observer: reporter, signal },
        {
          topics: depth === 0 ? undefined : { counts, depth, under: [] },
          inputs: { count },
          outputs: { each: flags.each },
          save: { rejected: flags.keepRejected === true },
        },
      ),
    );
    for (const folder of result.outputs) reporter.made(`Saved to ${folder}`);
    return { result, extra: { session: session.id } };
  });
}

function topicsWanted(flags: GenerateFlags, { synthesis }: Config): { counts: readonly number[]; depth: number } {
  const counts = flags.topics ?? [synthesis.topics];
  return { counts, depth: flags.depth ?? (flags.topics === undefined ? synthesis.depth : Math.max(1, counts.length)) };
}

function previewLines(settings: SessionSettings, counts: readonly number[], depth: number, each: number): string[] {
  let leaves = 1;
  for (let level = 0; level < depth; level++) leaves *= counts[level] ?? counts.at(-1)!;
  const total = settings.splits.reduce((sum, { weight }) => sum + weight, 0);
  const shares = settings.splits.map(({ tag, weight }) => `${tag} ${Math.round((weight / total) * 100)} %`);
  return [
    `Goal: ${settings.goal}, template ${settings.template.name}, prompt ${settings.prompt}`,
    `Topics: ${depth === 0 ? "none" : `${leaves} without any below them, ${depth} level${depth === 1 ? "" : "s"}`}`,
    `Samples: ${leaves * each}${settings.fail_share > 0 ? `, ${Math.round(settings.fail_share * 100)} % meant to fail` : ""}`,
    `Tags: ${["synthetic", "synthetic_session_...", ...settings.tags, ...shares].join(", ")}`,
    `Judge: ${settings.judge ? "looks at each sample" : "none"}`,
    ...stages.flatMap((stage) => ["", `What is said for ${stage}:`, guidanceText(settings, stage) || "(nothing)"]),
    ...(settings.fail_share > 0
      ? ["", "What is said for outputs that are meant to fail:", guidanceText(settings, "outputs", "fail")]
      : []),
  ];
}
