import { parseMapping } from "../../pipeline/import/index.js";
import { openTask } from "../../pipeline/projects/index.js";
import { importFiles } from "../../pipeline/stages/import.js";
import { checkTag, parseTagShares } from "../../pipeline/synthesis/tags.js";
import type { ImportFlags } from "../import.js";
import { runCommand } from "../session.js";

export async function importAction(files: string[], flags: ImportFlags): Promise<void> {
  // Whatever is wrong with a flag is told before any file is looked at.
  const mapping = parseMapping(flags.map ?? []);
  const tags = (flags.tag ?? []).map(checkTag);
  const splits = parseTagShares(flags.split ?? []);
  const settings = { generation: { seed: flags.seed } };
  await runCommand("import", flags, settings, async ({ config, reporter, signal }) => ({
    result: await importFiles(files, {
      task: await openTask(flags.task),
      format: flags.format,
      mapping,
      keepValid: flags.keepValid === true,
      tags,
      splits,
      seed: config.generation.seed,
      dryRun: flags.preview === true,
      observer: reporter,
      signal,
    }),
  }));
}
