/** A task as a person edits it: YAML in their own editor. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { InputError, messageOf, QuernError, UsageError } from "../../../errors.js";
import type { TaskFolder } from "../../../pipeline/projects/index.js";
import { editorCommand, editText } from "../review/editor.js";
import type { WantedFields, WantedRequirement } from "./fields.js";
import { fieldsInText } from "./task-file.js";

/** What can be edited, as it is now. */
export type Current = Required<WantedFields> & { requirements: readonly WantedRequirement[] };

/**
 * What the user wrote is kept where it cannot be used.
 * @param use changes the task
 * @returns what `use` returns; nothing where nothing was edited
 * @throws {UsageError} where no editor is set
 * @throws {InputError} saying where the text is kept
 */
export async function editInEditor(
  task: TaskFolder,
  current: Current,
  use: (fields: WantedFields) => Promise<string[]>,
): Promise<string[]> {
  const command = editorCommand();
  if (command === undefined) throw new UsageError("no editor is set", { remedy: "set EDITOR, or use the other flags" });
  const view = viewOf(task, current);
  const edited = await editText(command, view, ".yaml");
  if (edited === view) return [];
  try {
    return await use(fieldsInText(edited, "the edited task"));
  } catch (error) {
    const kept = path.join(os.tmpdir(), `quern-task-${randomBytes(4).toString("hex")}.yaml`);
    await writeFile(kept, edited, { mode: 0o600, flag: "wx" });
    const remedy = error instanceof QuernError && error.remedy !== undefined ? `${error.remedy}; ` : "";
    throw new InputError(`nothing was changed: ${messageOf(error)}`, {
      remedy: `${remedy}what you wrote is in ${kept}: correct it there, then quern task edit -f ${kept}`,
      cause: error,
    });
  }
}

function viewOf(task: TaskFolder, current: Current): string {
  const { name, description, instruction, requirements, thinking_instruction, data_guide } = current;
  const view = {
    name,
    description,
    instruction,
    requirements: requirements.map((one) => ({
      name: one.name,
      ...(one.description === null || one.description === undefined ? {} : { description: one.description }),
      instruction: one.instruction,
      priority: one.priority,
      type: one.type,
    })),
    input_schema: parsed(current.input_json_schema),
    output_schema: parsed(current.output_json_schema),
    thinking_instruction,
    data_guide: data_guide === "" ? null : data_guide,
  };
  const head = `# ${task.file}\n# Save and close to change the task. A key without a value takes away what it is about; one that is not here stays as it is.\n`;
  return head + stringify(view, { lineWidth: 0 });
}

/** A schema as it is seen; a text that is not JSON as it stands. */
export function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}
