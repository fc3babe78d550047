import { access } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "../../../errors.js";
import {
  checkTaskFields,
  createProject,
  createTask,
  nameProblem,
  openProject,
  validName,
  writeDataGuide,
} from "../../../pipeline/projects/index.js";
import { runReport } from "../../session.js";
import type { TaskInitFlags } from "../../task.js";
import { quoted } from "../../command-line.js";
import { fieldsInFlags, fieldsInText, readGiven, type WantedFields } from "./fields.js";
import { schemaProblems } from "./schemas.js";

export async function initAction(given: string | undefined, flags: TaskInitFlags): Promise<void> {
  await runReport("task init", flags, {}, async ({ reporter }) => {
    const described: WantedFields =
      flags.file === undefined ? {} : fieldsInText(await readGiven("--file", flags.file), flags.file);
    const fields = { ...described, ...(await fieldsInFlags(flags)) };
    const { name, instruction, data_guide: guide } = fields;
    if (name === undefined) throw new UsageError("the task has no name", { remedy: "give --name, or a file with -f" });
    if (instruction === undefined || instruction.trim() === "")
      throw new UsageError("the task has no instruction", {
        remedy: "say what the task is with --instruction, as you would tell it to a model",
      });
    checkTaskFields(fields);
    for (const problem of schemaProblems(fields)) reporter.warn(`warning: ${problem}`);
    const projectName = flags.project ?? name;
    const folder = given ?? validName(projectName).toLowerCase().replace(/\s+/g, "-");
    const isProject = await exists(path.join(folder, "project.kiln"));
    if (isProject && flags.project !== undefined)
      throw new UsageError(`${folder} is a project already, so --project has no use`, { remedy: "leave it out" });
    if (!isProject) {
      const problem = nameProblem(projectName);
      if (problem !== undefined) throw new UsageError(`the project's name cannot be used: ${problem}`);
    }
    const project = isProject ? await openProject(folder) : await createProject(folder, { name: projectName });
    const task = await createTask(project, { ...fields, name, instruction });
    if (guide !== undefined && guide.trim() !== "") await writeDataGuide(task, guide);
    // A project with one task is named more shortly by its own folder.
    const shown = isProject ? task.folder : folder;
    return {
      json: { project: project.file, task: task.file, id: task.task.id },
      lines: [
        `${isProject ? "Added" : "Made"} the task "${name}" in ${task.folder}`,
        `Next: quern generate ${quoted(shown)} --topics 10 -n 10`,
      ],
    };
  });
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
