import { exportBundle } from "../../../models/bundle/export.js";
import { importBundle } from "../../../models/bundle/import.js";
import { sizeText } from "../../../models/sizes.js";
import type { ExportFlags, ImportFlags } from "../../models.js";
import { storedModels } from "./verify.js";
import { runModels } from "./work.js";

export async function exportAction(names: string[], flags: ExportFlags): Promise<void> {
  await runModels("models export", flags, async ({ bar, signal }) => {
    const models = await storedModels(names);
    const onProgress = (done: number, total: number) => bar.progress(done, total);
    const bytes = await exportBundle(models, flags.output, { signal, onProgress });
    const exported = models.map((model) => model.name);
    return {
      json: { output: flags.output, bytes, models: exported },
      lines: [`${flags.output}: ${sizeText(bytes)}, ${exported.join(", ")}`],
    };
  });
}

export async function importAction(file: string, flags: ImportFlags): Promise<void> {
  await runModels("models import", flags, async ({ bar, signal }) => {
    const models = await importBundle(file, {
      signal,
      onProgress: (done, total) => bar.progress(done, total),
      ...(flags.force === undefined ? {} : { force: flags.force }),
    });
    return {
      json: { models },
      lines: models.map(({ name, present }) =>
        present ? `${name}: is here already, the same` : `${name}: imported, every file verified`,
      ),
    };
  });
}
