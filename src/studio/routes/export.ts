/** A task's dataset out, in every format of `save-as`, as a stream. */
import { Readable } from "node:stream";
import { z } from "zod";
import { UsageError } from "../../errors.js";
import { allFilters, parseFilter } from "../../pipeline/projects/index.js";
import { openRunRecords } from "../../pipeline/projects/run-records.js";
import { encodeRecord } from "../../pipeline/save/format.js";
import { saveFormatNamed, saveFormats } from "../../pipeline/save/formats/index.js";
import { datasetOptions } from "../../pipeline/save/options.js";
import { trainedPrompt } from "../../pipeline/synthesis/task-prompt/index.js";
import { type App, inTask, type Studio, taskPath } from "../app.js";

export function exportRoutes(app: App, { library, config }: Studio): void {
  app.get(
    "/api/formats",
    { schema: { summary: "The formats that datasets are exported in", tags: ["export"] } },
    () => ({ formats: saveFormats.map(({ name, description }) => ({ name, description })) }),
  );

  app.get(
    `${taskPath}/export`,
    {
      schema: {
        summary:
          "The runs that match all filters, a record on each line; records that cannot be used are counted in a last comment of the log",
        tags: ["export"],
        params: inTask,
        querystring: z.object({
          format: z.string().default("jsonl"),
          filter: z.union([z.string(), z.array(z.string())]).default([]),
          prompt: z.string().default("basic"),
          reasoning: z.enum(["include", "think-tags", "drop"]).default("include"),
        }),
      },
    },
    async ({ params, query }, reply) => {
      const task = await library.task(params.project, params.task);
      const format = saveFormatNamed(query.format);
      const filter = allFilters((typeof query.filter === "string" ? [query.filter] : query.filter).map(parseFilter));
      const prompt = await trainedPrompt(query.prompt, task);
      const { encoding } = datasetOptions(config);
      const opened = openRunRecords(task, { filter, ...prompt });
      const options = { ...encoding, system: "", reasoning: query.reasoning };
      // Gone through once before anything is sent, so that the answer begins with how many are left out, and why.
      const counts = { written: 0, leftOut: 0, reason: "" };
      const lines = async function* () {
        for await (const one of opened.records()) {
          const made = "unusable" in one ? { problem: one.unusable.reason } : encodeRecord(format, one.record, options);
          if ("encoded" in made) {
            counts.written++;
            yield `${JSON.stringify(made.encoded)}\n`;
          } else {
            counts.leftOut++;
            counts.reason ||= made.problem;
          }
        }
      };
      for (const all = lines(); (await all.next()).done !== true;);
      const { written, leftOut, reason } = counts;
      if (written === 0)
        throw new UsageError(`no run can be saved as ${format.name}: ${reason}`, {
          remedy: "use another format or filter",
        });
      return reply
        .type("application/x-ndjson; charset=utf-8")
        .header(
          "content-disposition",
          `attachment; filename="${task.task.id}${format.suffix.replace(/\.json$/, ".jsonl")}"`,
        )
        .header("x-quern-records", String(written))
        .header("x-quern-left-out", String(leftOut))
        .header("x-quern-left-out-reason", encodeURIComponent(reason))
        .send(Readable.from(lines()));
    },
  );
}
