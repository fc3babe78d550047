import { ExitCode } from "../../../errors.js";
import { requireStored } from "../../../models/find.js";
import { bytesOf } from "../../../models/manifest.js";
import { listModels, type StoredModel, storeFolder } from "../../../models/store.js";
import { type Verified, verifyModel } from "../../../models/verify.js";
import type { CommonOptions } from "../../options.js";
import { runModels } from "./work.js";

export async function verifyAction(names: string[], flags: CommonOptions): Promise<void> {
  await runModels("models verify", flags, async ({ reporter, bar, signal }) => {
    const listing = names.length === 0 ? await listModels() : undefined;
    const models = listing?.models ?? (await storedModels(names));
    const problems = listing?.problems ?? [];
    const total = models.reduce((sum, { manifest }) => sum + bytesOf(manifest?.files ?? []), 0);
    let done = 0;
    const results: Verified[] = [];
    for (const model of models)
      results.push(await verifyModel(model, signal, (count) => bar.progress((done += count), total)));
    bar.stop();
    for (const problem of problems) reporter.warn(`✗ ${problem}`);
    for (const { name, differences } of results)
      for (const difference of differences) reporter.warn(`✗ ${name}: ${difference}`);
    const failed = problems.length > 0 || results.some((result) => result.intact === false);
    return {
      json: { models: results, problems },
      lines:
        models.length === 0
          ? [`no models in ${storeFolder()}`]
          : results.map(({ name, intact }) =>
              intact === undefined
                ? `${name}: not from a pull: no hashes`
                : intact
                  ? `${name}: intact`
                  : `${name}: DIFFERS; remove it and pull it again`,
            ),
      exitCode: failed ? ExitCode.failed : ExitCode.done,
    };
  });
}

/** Each model once, in the order of the names. */
export async function storedModels(names: readonly string[]): Promise<StoredModel[]> {
  const found = new Map<string, StoredModel>();
  for (const name of names) {
    const model = await requireStored(name);
    found.set(model.location, model);
  }
  return [...found.values()];
}
