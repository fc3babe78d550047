/** Repairs that a person has accepted. */
import { currentUser, humanSource, type StoredRun, type TaskFolder } from "../../../pipeline/projects/index.js";
import { acceptRepair } from "../../../pipeline/review/index.js";
import type { Draft } from "./state.js";

/** A text without the line's end that an editor added. */
export function asBefore(text: string, before: string): string {
  return before.endsWith("\n") ? text : text.replace(/\n$/, "");
}

/** Keeps a draft as the run's repair. @throws {InputError} where it does not comply with the task's schema */
export async function acceptDraft(task: TaskFolder, stored: StoredRun, draft: Draft): Promise<StoredRun> {
  const { instructions, output = "", source, editedFrom } = draft;
  const human = humanSource(currentUser());
  const from = editedFrom === undefined ? {} : { edited_from: editedFrom };
  return await acceptRepair(task, stored, {
    instructions,
    output: asBefore(output, stored.run.output.output),
    source: source ?? { ...human, properties: { ...human.properties, ...from } },
  });
}
