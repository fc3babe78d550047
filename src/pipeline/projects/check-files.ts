/** Looks at every file in a project, those of kinds that quern does not use too, and at what others have left there. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../errors.js";
import { workFolder } from "../files/write.js";
import type { Notes } from "./check.js";
import { encodingProblem, jsonProblem } from "./json.js";
import { shapeProblem } from "./shape.js";

/** Files that are read with what they mean; the others are only held against what Kiln reads. */
const readElsewhere = new Set(
  ["project", "task", "task_run", "prompt", "data_guide", "dataset_split", "feedback"].map((kind) => `${kind}.kiln`),
);

/** Folders that hold a folder for each thing, with the file that makes it one. */
const fileOfFolder: Readonly<Record<string, string>> = {
  tasks: "task.kiln",
  runs: "task_run.kiln",
  prompts: "prompt.kiln",
  data_guides: "data_guide.kiln",
  dataset_splits: "dataset_split.kiln",
  feedback: "feedback.kiln",
  run_configs: "task_run_config.kiln",
};

/** What editors, merges and programs that were stopped leave beside files. */
const leftover = /\.tmp$|\.orig$|\.rej$|\.bak$|~$|\.swp$|conflict/i;

export async function checkFiles(folder: string, notes: Notes): Promise<void> {
  notes.signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    notes.broken(folder, `it cannot be read: ${messageOf(error)}`, "check its permissions");
    return [];
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  await checkMissing(folder, entries, notes);
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    // A link that leads out of the project is not followed.
    if (entry.isDirectory()) {
      if (entry.name !== workFolder && entry.name !== ".git") await checkFiles(file, notes);
    } else if (leftover.test(entry.name))
      notes.note(file, "another program has left it here; Kiln does not read it", "delete it, when it is not needed");
    else if (entry.name.endsWith(".kiln") && !readElsewhere.has(entry.name)) await checkOther(file, notes);
  }
}

/** A folder of a run without a run, which another program may have left half-written. */
async function checkMissing(folder: string, entries: readonly { name: string }[], { note }: Notes): Promise<void> {
  // Evaluations have runs too, of another kind.
  const above = path.dirname(folder);
  const isEvaluations = path.basename(path.dirname(above)) === "configs";
  const expected = isEvaluations ? undefined : fileOfFolder[path.basename(above)];
  if (expected === undefined || entries.some(({ name }) => name === expected)) return;
  const isKilns = (await readdir(path.dirname(above)).catch(() => [])).some((name) => name.endsWith(".kiln"));
  if (!isKilns) return;
  const others = entries.map(({ name }) => name);
  note(
    folder,
    others.length === 0 ? "it is empty" : `there is no ${expected} in it, only ${others.slice(0, 5).join(", ")}`,
    others.length === 0 ? "delete it" : "complete it from a copy, or delete it",
  );
}

async function checkOther(file: string, { broken }: Notes): Promise<void> {
  let text: string;
  try {
    const bytes = await readFile(file);
    const problem = encodingProblem(bytes);
    if (problem !== undefined) return broken(file, problem);
    text = bytes.toString("utf8");
  } catch (error) {
    return broken(file, `it cannot be read: ${messageOf(error)}`, "check its permissions");
  }
  try {
    const value: unknown = JSON.parse(text);
    const kind = path.basename(file, ".kiln");
    const { model_type: type } = (value ?? {}) as { model_type?: unknown };
    const problem = type === kind ? shapeProblem(value) : `it says that it is a ${String(type)}, and is named ${kind}`;
    if (problem !== undefined) broken(file, problem);
  } catch (error) {
    broken(file, jsonProblem(text, error));
  }
}
