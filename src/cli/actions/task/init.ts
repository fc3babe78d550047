import { readdir } from "node:fs/promises";
import path from "node:path";
import { OutputError, UsageError } from "../../../errors.js";
import {
  checkedName,
  checkTaskFields,
  createProject,
  createTask,
  listTasks,
  openProject,
  type ProjectFolder,
  storedName,
  validName,
  writeDataGuide,
} from "../../../pipeline/projects/index.js";
import { isFile, projectFile, taskFile } from "../../../pipeline/projects/file.js";
import { quoted } from "../../command-line.js";
import { runReport } from "../../session.js";
import type { TaskInitFlags } from "../../task.js";
import { textOfFile } from "../text-flag.js";
import { fieldsInFlags, mostTextCharacters, type WantedFields } from "./fields.js";
import { schemaProblems } from "./schemas.js";
import { fieldsInText } from "./task-file.js";

export async function initAction(given: string | undefined, flags: TaskInitFlags): Promise<void> {
  await runReport("task init", flags, {}, async ({ reporter }) => {
    const { file } = flags;
    const described: WantedFields =
      file === undefined
        ? {}
        : fieldsInText(await textOfFile("--file", file, mostTextCharacters), file === "-" ? "stdin" : file);
    const fields = { ...described, ...(await fieldsInFlags(flags)) };
    const { name, instruction, data_guide: guide } = fields;
    if (name === undefined) throw new UsageError("the task has no name", { remedy: "give --name, or a file with -f" });
    if (instruction === undefined || instruction.trim() === "")
      throw new UsageError("the task has no instruction", {
        remedy: "say what the task is with --instruction, as you would tell it to a model",
      });
    // All that can be wrong is told before a folder is made.
    checkTaskFields(fields);
    const projectName = checkedName("project", flags.project ?? name);
    for (const problem of schemaProblems(fields)) reporter.warn(`warning: ${problem}`);
    const folder = folderOf(given, projectName);
    const known = (await isFile(path.join(folder, projectFile))) ? await openProject(folder) : undefined;
    if (known === undefined) await checkFolder(folder, given !== undefined);
    else await checkProject(known, name, flags.project);
    const project = known ?? (await createProject(folder, { name: projectName }));
    const task = await createTask(project, { ...fields, name, instruction });
    if (guide !== undefined && guide.trim() !== "") await writeDataGuide(task, guide);
    if (task.task.name !== name) reporter.detail(`the name is stored with its accents apart, as Kiln takes it`);
    // A project with one task is named more shortly by its own folder.
    const next = known === undefined ? folder : task.folder;
    return {
      json: { project: project.file, task: task.file, folder: next, id: task.task.id },
      lines: [
        `${known === undefined ? "Made" : "Added"} the task "${name}" in ${task.folder}`,
        `Next: quern generate ${quoted(next)} --topics 10 -n 10`,
      ],
    };
  });
}

/** Composed letters, since these are what people type. */
function folderOf(given: string | undefined, projectName: string): string {
  if (given === undefined) return validName(projectName).toLowerCase().replace(/\s+/g, "-").normalize("NFC");
  return path.basename(given) === projectFile ? path.dirname(given) : given;
}

/** A project is not put among other files that happen to be there, unless that folder was named. */
async function checkFolder(folder: string, isGiven: boolean): Promise<void> {
  if (await isFile(path.join(folder, taskFile)))
    throw new UsageError(`${folder} is a task`, {
      remedy: "change it with quern task edit, or give the folder of a project for another",
    });
  if (isGiven) return;
  const there = await readdir(folder).catch((): string[] => []);
  if (there.length > 0)
    throw new OutputError(`the folder ${folder} is there already, and is no project`, {
      remedy: `give another, or the same one, as in quern task init ${quoted(folder)}`,
    });
}

async function checkProject(project: ProjectFolder, name: string, projectName: string | undefined): Promise<void> {
  if (projectName !== undefined && storedName(projectName) !== project.project.name)
    throw new UsageError(`${project.folder} is the project "${project.project.name}", not "${projectName}"`, {
      remedy: "leave --project out, or give another folder",
    });
  const same = (await listTasks(project)).find(({ task }) => task.name === storedName(name));
  if (same !== undefined)
    throw new OutputError(`the project has a task "${name}" already: ${same.folder}`, {
      remedy: "change it with quern task edit, or choose another name",
    });
}
