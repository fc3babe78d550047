import { ExitCode } from "../../../errors.js";
import { checkFolder } from "../../../pipeline/projects/check.js";
import type { CommonOptions } from "../../options.js";
import { runReport } from "../../session.js";
import { schemaProblems } from "./schemas.js";

export async function checkAction(given: string, flags: CommonOptions): Promise<void> {
  await runReport("task check", flags, {}, async ({ reporter, signal }) => {
    const onProgress = (runs: number) => reporter.waiting(`task check: ${runs} runs read`);
    const { problems, tasks, runs } = await checkFolder(given, { onProgress, signal });
    for (const { file, task } of tasks)
      for (const problem of schemaProblems(task)) reporter.warn(`note: ${file}: ${problem}`);
    const broken = problems.filter((problem) => problem.broken).length;
    const seen = `${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}, ${runs} ${runs === 1 ? "run" : "runs"}`;
    const found = `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    return {
      json: { tasks: tasks.length, runs, problems },
      lines: [
        ...problems.map(({ file, text, remedy }) => `✗ ${file}: ${text}; ${remedy}`),
        `${seen}: ${problems.length === 0 ? "all in order" : `${found}${broken === 0 ? "" : `, ${broken} of them files that cannot be read`}`}`,
      ],
      exitCode: broken > 0 ? ExitCode.partial : problems.length > 0 ? ExitCode.failed : ExitCode.done,
    };
  });
}
