import { ExitCode } from "../../../errors.js";
import { openProject, openTask } from "../../../pipeline/projects/index.js";
import { checkProject, checkTask } from "../../../pipeline/projects/check.js";
import type { CommonOptions } from "../../options.js";
import { runReport } from "../../session.js";
import { schemaProblems } from "./schemas.js";

export async function checkAction(given: string, flags: CommonOptions): Promise<void> {
  await runReport("task check", flags, {}, async ({ reporter }) => {
    const project = await openProject(given).catch(() => undefined);
    const task = project === undefined ? await openTask(given) : undefined;
    const { problems, tasks, runs } = task === undefined ? await checkProject(project!) : await checkTask(task);
    if (task !== undefined) for (const problem of schemaProblems(task.task)) reporter.warn(`note: ${problem}`);
    const broken = problems.filter((problem) => problem.broken).length;
    return {
      json: { tasks, runs, problems },
      lines: [
        ...problems.map(({ file, text }) => `✗ ${file}: ${text}`),
        `${tasks} ${tasks === 1 ? "task" : "tasks"}, ${runs} runs: ${problems.length === 0 ? "all in order" : `${problems.length} problems, ${broken} files that cannot be read`}`,
      ],
      exitCode: problems.length === 0 ? ExitCode.done : runs > broken ? ExitCode.partial : ExitCode.failed,
    };
  });
}
