/** Samples of a file into a task's dataset: the body is the file. */
import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { TemporaryFolder } from "../../pipeline/files/temporary.js";
import { parseMapping } from "../../pipeline/import/index.js";
import { importFiles } from "../../pipeline/stages/import.js";
import { silentObserver } from "../../pipeline/stages/stage.js";
import { checkTag, parseTagShares } from "../../pipeline/synthesis/tags.js";
import { type App, inTask, type Studio, taskPath } from "../app.js";
import { RefusedError } from "../errors.js";

/** Most bytes of a file that is sent; larger ones are taken in by the command. */
const mostFileBytes = 256 * 1024 * 1024;

const many = z.union([z.string(), z.array(z.string())]).default([]);
const list = (value: string | string[]) => (typeof value === "string" ? [value] : value);

export function importRoutes(app: App, { library, config }: Studio): void {
  void app.register((scope, _options, done) => {
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: mostFileBytes }, (_request, body, finish) =>
      finish(null, body),
    );
    (scope as unknown as App).post(
      `${taskPath}/import`,
      {
        bodyLimit: mostFileBytes,
        schema: {
          summary: "Takes in the rows of a file, which is the body (application/octet-stream)",
          tags: ["runs"],
          params: inTask,
          querystring: z.object({
            /** Its ending says what it is. */
            name: z.string().regex(/^[^/\\\0]{1,200}\.(csv|tsv|json|jsonl|ndjson|parquet)$/i),
            map: many,
            tag: many,
            split: many,
            keep_valid: z.stringbool().default(false),
            preview: z.stringbool().default(false),
          }),
        },
      },
      async ({ params, query, body }) => {
        if (!Buffer.isBuffer(body))
          throw new RefusedError(415, "the body is to be the file itself", {
            remedy: "send it as application/octet-stream",
          });
        const task = await library.task(params.project, params.task);
        const messages: string[] = [];
        await using folder = new TemporaryFolder();
        const file = `${await folder.next()}-${query.name}`;
        await writeFile(file, body);
        // What is told of the file, and recorded in runs, is the name it was sent under.
        const shown = (text: string) => text.replaceAll(file, query.name);
        try {
          const result = await importFiles([file], {
            task,
            mapping: parseMapping(list(query.map)),
            tags: list(query.tag).map(checkTag),
            splits: parseTagShares(list(query.split)),
            keepValid: query.keep_valid,
            dryRun: query.preview,
            seed: config.generation.seed,
            observer: { ...silentObserver, warn: (text) => void messages.push(shown(text)) },
          });
          const failures = result.failures.map(({ error }) => shown(error));
          return { counts: result.counts, failures, messages };
        } catch (error) {
          if (error instanceof Error) error.message = shown(error.message);
          throw error;
        }
      },
    );
    done();
  });
}
