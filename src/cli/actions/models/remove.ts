import { createInterface } from "node:readline/promises";
import { UsageError } from "../../../errors.js";
import { removeModel } from "../../../models/remove.js";
import { sizeText } from "../../../models/sizes.js";
import type { RemoveFlags } from "../../models.js";
import { storedModels } from "./verify.js";
import { runModels } from "./work.js";

export async function removeAction(names: string[], flags: RemoveFlags): Promise<void> {
  await runModels("models remove", flags, async ({ signal }) => {
    const models = await storedModels(names);
    const list = models.map((model) => `${model.name} (${sizeText(model.weightBytes)})`).join(", ");
    if (flags.yes !== true && !(await confirmed(`Remove ${list}?`, signal)))
      return { json: { removed: [] }, lines: ["nothing was removed"] };
    for (const model of models) await removeModel(model);
    return {
      json: { removed: models.map((model) => model.name) },
      lines: models.map((model) => `${model.name}: removed`),
    };
  });
}

async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError("models are removed only when somebody says yes", { remedy: "add --yes" });
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
