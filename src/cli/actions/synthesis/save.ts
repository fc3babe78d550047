import { emptyResult } from "../../../pipeline/stages/stage.js";
import { saveSamples } from "../../../pipeline/synthesis/generate.js";
import { parsePath } from "../../../pipeline/synthesis/topic-name.js";
import type { SaveFlags } from "../../save.js";
import { runCommand } from "../../session.js";
import { openSession } from "./session.js";

export async function saveAction(given: string, flags: SaveFlags): Promise<void> {
  const seed = { generation: { seed: flags.seed } };
  await runCommand("save", flags, seed, async ({ config, reporter, signal }) => {
    await using session = await openSession(given, flags, "none", false, reporter);
    const samples = session.under(session.topics.get(parsePath(flags.under ?? "")));
    const result = await saveSamples(
      { session, observer: reporter, signal, seed: config.generation.seed },
      { rejected: flags.keepRejected === true },
      emptyResult(),
      samples,
    );
    for (const folder of result.outputs) reporter.made(`Saved to ${folder}`);
    return { result, extra: { session: session.id } };
  });
}
