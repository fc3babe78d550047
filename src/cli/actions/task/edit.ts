import { isDeepStrictEqual } from "node:util";
import { InputError, UsageError } from "../../../errors.js";
import {
  checkTaskFields,
  completeRequirement,
  type KilnTask,
  listRuns,
  openTask,
  patchFile,
  readDataGuide,
  removeDataGuide,
  runValueProblems,
  sentence,
  storedName,
  type TaskFolder,
  writeDataGuide,
} from "../../../pipeline/projects/index.js";
import type { Reporter } from "../../reporter.js";
import { runReport } from "../../session.js";
import type { TaskEditFlags } from "../../task.js";
import { textOfFile } from "../text-flag.js";
import { type Current, editInEditor, parsed } from "./editor-view.js";
import {
  fieldsInFlags,
  mostTextCharacters,
  requirementIn,
  type WantedFields,
  type WantedRequirement,
} from "./fields.js";
import { schemaProblems } from "./schemas.js";
import { fieldsInText } from "./task-file.js";

export async function editAction(given: string, flags: TaskEditFlags): Promise<void> {
  await runReport("task edit", flags, {}, async ({ reporter, signal }) => {
    const task = await openTask(given);
    const current = await fieldsOf(task);
    const inFlags = await wantedInFlags(current, flags);
    let changed: string[];
    if (flags.editor !== true) {
      if (Object.keys(inFlags).length === 0)
        throw new UsageError("nothing is to be changed", { remedy: "see quern task edit --help" });
      changed = await apply(task, current, inFlags, flags.force === true, reporter, signal);
    } else {
      if (Object.keys(inFlags).length > 0)
        throw new UsageError("--editor goes alone", { remedy: "leave the other flags out" });
      changed = await editInEditor(task, current, (fields) =>
        apply(task, current, fields, flags.force === true, reporter, signal),
      );
    }
    return {
      json: { task: task.file, changed },
      lines: [
        changed.length === 0
          ? `Nothing is to be changed in ${task.file}`
          : `Changed ${changed.join(", ")} of ${task.file}`,
      ],
    };
  });
}

async function fieldsOf(task: TaskFolder): Promise<Current> {
  const { name, description, instruction, requirements, thinking_instruction } = task.task;
  const { input_json_schema, output_json_schema } = task.task;
  const data_guide = (await readDataGuide(task))?.guide ?? "";
  return {
    name,
    description,
    instruction,
    requirements,
    input_json_schema,
    output_json_schema,
    thinking_instruction,
    data_guide,
  };
}

async function wantedInFlags(current: Current, flags: TaskEditFlags): Promise<WantedFields> {
  const { file, removeRequirement: removed = [], addRequirement = [] } = flags;
  const inFile =
    file === undefined
      ? {}
      : fieldsInText(await textOfFile("--file", file, mostTextCharacters), file === "-" ? "stdin" : file);
  const { requirements: inFlags = [], ...others } = await fieldsInFlags(flags);
  const fields: WantedFields = { ...inFile, ...others };
  const added = [...inFlags, ...addRequirement.map(requirementIn)];
  if (added.length > 0 || removed.length > 0)
    fields.requirements = requirementsWith(inFile.requirements ?? current.requirements, added, removed);
  return fields;
}

/** Those of the same name are replaced, the others stay as they are. */
function requirementsWith(
  there: readonly WantedRequirement[],
  added: readonly WantedRequirement[],
  removed: readonly string[],
): readonly WantedRequirement[] {
  const isNamed = ({ id, name }: WantedRequirement, wanted: string) => wanted === id || storedName(wanted) === name;
  const unknown = removed.find((wanted) => !there.some((one) => isNamed(one, wanted)));
  if (unknown !== undefined)
    throw new UsageError(`there is no requirement "${unknown}"`, {
      remedy: `there are ${there.map(({ name }) => name).join(", ") || "none"}`,
    });
  const result = there.filter((one) => !removed.some((wanted) => isNamed(one, wanted)));
  for (const one of added) {
    const at = result.findIndex(({ name }) => name === storedName(one.name));
    if (at === -1) result.push(one);
    else result[at] = { ...result[at], ...one, name: storedName(one.name) };
  }
  return result;
}

/**
 * @param fields what is wanted; what is so already is left out
 * @returns the keys that were changed
 */
async function apply(
  task: TaskFolder,
  current: Current,
  fields: WantedFields,
  force: boolean,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<string[]> {
  checkTaskFields(fields);
  const wanted = withoutSame(current, fields);
  for (const problem of schemaProblems(wanted)) reporter.warn(`warning: ${problem}`);
  await checkRuns(task, wanted, force, reporter, signal);
  const { data_guide: guide, requirements, ...plain } = wanted;
  await patchFile<KilnTask>(task.file, (tree) => {
    Object.assign(tree, plain);
    if (requirements === undefined) return;
    // What quern does not know of those that stay is kept.
    const there = tree.requirements as KilnTask["requirements"] | undefined;
    tree.requirements = requirements.map((one) => {
      const known = there?.find(({ id, name }) =>
        one.id === undefined ? name === storedName(one.name) : id === one.id,
      );
      return known === undefined ? completeRequirement(one) : Object.assign(known, one, { name: storedName(one.name) });
    });
  });
  if (guide !== undefined) await (guide.trim() === "" ? removeDataGuide(task) : writeDataGuide(task, guide));
  return Object.keys(wanted);
}

function withoutSame(current: Current, fields: WantedFields): WantedFields {
  const isSame = (key: string, value: unknown) => {
    const now: unknown = current[key as keyof Current];
    if (key === "name") return storedName(value as string) === now;
    if (key.endsWith("_schema")) return isDeepStrictEqual(parsed(value), parsed(now));
    if (key === "requirements")
      return isDeepStrictEqual(
        (value as WantedRequirement[]).map((one) => withKnown(current, one)),
        (now as WantedRequirement[]).map((one) => ({ ...one })),
      );
    return value === now;
  };
  const kept = Object.entries(fields).filter(([key, value]) => !isSame(key, value));
  const changed = Object.fromEntries(kept) as WantedFields;
  return changed.name === undefined ? changed : { ...changed, name: storedName(changed.name) };
}

function withKnown({ requirements }: Current, one: WantedRequirement): WantedRequirement {
  const name = storedName(one.name);
  return { ...requirements.find((known) => known.name === name), ...one, name };
}

/** Kiln reads and exports runs that do not comply, and refuses to save changes of their texts. */
async function checkRuns(
  task: TaskFolder,
  fields: WantedFields,
  force: boolean,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const schemas = (["input", "output"] as const).filter((which) => fields[`${which}_json_schema`] !== undefined);
  if (schemas.length === 0) return;
  const next: TaskFolder = { ...task, task: { ...task.task } };
  for (const which of schemas) next.task[`${which}_json_schema`] = fields[`${which}_json_schema`] ?? null;
  let seen = 0;
  let bad = 0;
  let first = "";
  for await (const { run } of listRuns(task, { all: true, signal })) {
    if (++seen % 1000 === 0) reporter.waiting(`${seen} runs held against the new schema`);
    const [problem] = runValueProblems(next, run);
    if (problem === undefined) continue;
    if (bad++ === 0) first = `${run.id}: ${sentence(problem)}`;
  }
  if (bad === 0) return;
  const what = `${bad} of ${seen} runs of the dataset do not comply with the new schema (${first})`;
  const kiln = "Kiln still lists and exports such runs, and refuses to save changes of their texts";
  if (force) reporter.warn(`warning: ${what}; ${kiln}`);
  else
    throw new InputError(what, {
      remedy: `keep the schema, make another task, or change it all the same with --force: ${kiln}`,
    });
}
