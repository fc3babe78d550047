import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, OutputError } from "../../errors.js";
import { ensureOutputFolder } from "../../pipeline/files/write.js";
import { copyOf } from "../../pipeline/synthesis/template-file.js";
import { findTemplate, listTemplates, type TemplateInfo } from "../../pipeline/synthesis/templates.js";
import type { CommonOptions } from "../options.js";
import { runReport } from "../session.js";

export async function listAction(flags: CommonOptions): Promise<void> {
  await runReport("templates list", flags, {}, async () => {
    const all = await listTemplates();
    const width = Math.max(...all.map(({ name }) => name.length));
    return {
      json: {
        templates: all.map(({ name, title, description, goals, uncensored, fail_share, fields }) => ({
          name,
          title,
          description,
          goals,
          uncensored,
          fail_share,
          fields,
        })),
      },
      lines: all.flatMap((one) => {
        const [first, ...rest] = linesOf(one);
        return [`${one.name.padEnd(width)}  ${first}`, ...rest.map((line) => `${" ".repeat(width)}  ${line}`)];
      }),
    };
  });
}

function linesOf({ description, goals, uncensored, fields }: TemplateInfo): [string, ...string[]] {
  const all = Object.entries(fields);
  const needed = all.filter(([, { required }]) => required).map(([name]) => name);
  const possible = all.filter(([, { required }]) => !required).map(([name]) => name);
  const parts = [
    ...(needed.length === 0 ? [] : [`needs ${needed.join(", ")}`]),
    ...(possible.length === 0 ? [] : [`takes ${possible.join(", ")}`]),
  ];
  return [
    `${description} [${goals.join(", ")}]`,
    ...(parts.length === 0 ? [] : [parts.join("; ")]),
    ...(uncensored ? ["best with a model that refuses little"] : []),
  ];
}

export async function showAction(name: string, flags: CommonOptions): Promise<void> {
  await runReport("templates show", flags, {}, async () => {
    const { source, ...template } = await findTemplate(name);
    return { json: { template }, lines: [source.trimEnd()] };
  });
}

export async function copyAction(name: string, file: string, flags: CommonOptions): Promise<void> {
  await runReport("templates copy", flags, {}, async () => {
    const text = copyOf(await findTemplate(name), file);
    await ensureOutputFolder(path.dirname(path.resolve(file)));
    await writeNew(file, text);
    return { json: { file }, lines: [`Wrote ${file}; use it with --template ${file}`] };
  });
}

/** @throws {OutputError} where something is there already: it may be what somebody has been working on */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new OutputError(`${file} is there already`, { remedy: "give another name, or remove it first" });
    // What was begun is of no use, and would be in the way the next time.
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") await rm(file, { force: true });
    throw new OutputError(`cannot write ${file}: ${messageOf(error)}`, { remedy: "give another name", cause: error });
  }
}
