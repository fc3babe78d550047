import { createInterface } from "node:readline/promises";
import { UsageError } from "../../../errors.js";
import { findStored } from "../../../models/find.js";
import { removeModel, removeUnfinished } from "../../../models/remove.js";
import { sizeText } from "../../../models/sizes.js";
import { listUnfinished } from "../../../models/unfinished.js";
import type { RemoveFlags } from "../../models.js";
import { storedModels } from "./verify.js";
import { runModels } from "./work.js";

export async function removeAction(names: string[], flags: RemoveFlags): Promise<void> {
  await runModels("models remove", flags, async ({ signal }) => {
    const parts = await listUnfinished();
    const unfinished = parts.filter((one) => names.includes(one.name));
    const models = await storedModels(names.filter((name) => !unfinished.some((one) => one.name === name)));
    // A model that is here and is being replaced goes by the same name as what came of the new one.
    for (const { name } of unfinished) {
      const stored = await findStored(name);
      if (stored?.name === name && !models.some((one) => one.name === name)) models.push(stored);
    }
    const list = [
      ...models.map((model) => `${model.name} (${sizeText(model.weightBytes)})`),
      ...unfinished.map((one) => `what came of ${one.name} (${sizeText(one.bytes)})`),
    ].join(", ");
    if (flags.yes !== true && !(await confirmed(`Remove ${list}?`, signal)))
      return { json: { removed: [] }, lines: ["nothing was removed"] };
    for (const model of models) await removeModel(model);
    for (const one of unfinished) await removeUnfinished(one);
    const removed = [...new Set([...models, ...unfinished].map((one) => one.name))];
    return { json: { removed }, lines: removed.map((name) => `${name}: removed`) };
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
