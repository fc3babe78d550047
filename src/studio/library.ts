/** The projects that the server shows: those in the folders that it was started for. Callers name them by id alone. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../errors.js";
import {
  createProject,
  listTasks,
  nameProblem,
  openProject,
  type ProjectFolder,
  type TaskFolder,
  validName,
} from "../pipeline/projects/index.js";
import { RefusedError } from "./errors.js";

export interface BrokenFile {
  file: string;
  reason: string;
}

export class Library {
  /** @param folders projects, or folders that hold some; the first is where new ones are made */
  constructor(private readonly folders: readonly string[]) {}

  /** @returns the projects there are at this moment, and those that cannot be read */
  async projects(): Promise<{ projects: ProjectFolder[]; broken: BrokenFile[] }> {
    const projects = new Map<string, ProjectFolder>();
    const broken: BrokenFile[] = [];
    for (const folder of this.folders)
      for (const candidate of [folder, ...(await foldersIn(folder))]) {
        try {
          const project = await openProject(candidate);
          if (!projects.has(project.project.id)) projects.set(project.project.id, project);
        } catch (error) {
          const file = path.join(candidate, "project.kiln");
          if (!/is no project/.test(messageOf(error))) broken.push({ file, reason: messageOf(error) });
        }
      }
    return { projects: [...projects.values()], broken };
  }

  /** @throws {RefusedError} when there is none of this id */
  async project(id: string): Promise<ProjectFolder> {
    const { projects } = await this.projects();
    const found = projects.find(({ project }) => project.id === id);
    if (found === undefined) throw new RefusedError(404, `there is no project ${id}`);
    return found;
  }

  /** @throws {RefusedError} when there is no such project or task */
  async task(projectId: string, id: string): Promise<TaskFolder> {
    const tasks = await listTasks(await this.project(projectId));
    const found = tasks.find(({ task }) => task.id === id);
    if (found === undefined) throw new RefusedError(404, `there is no task ${id} in the project ${projectId}`);
    return found;
  }

  /** @throws {RefusedError} for a name that Kiln refuses, or that another folder has */
  async create(name: string, description: string | null): Promise<ProjectFolder> {
    const problem = nameProblem(name);
    if (problem !== undefined) throw new RefusedError(400, `the name cannot be used: ${problem}`);
    const root = this.folders[0]!;
    // Within a project there is no place for another.
    const within = await openProject(root).then(
      () => path.dirname(root),
      () => root,
    );
    return await createProject(path.join(within, validName(name)), { name, description });
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => path.join(folder, name))
    .sort();
}
