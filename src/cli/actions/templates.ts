import { access } from "node:fs/promises";
import { OutputError } from "../../errors.js";
import { writeFileAtomic } from "../../pipeline/files/write.js";
import { findTemplate, listTemplates } from "../../pipeline/synthesis/templates.js";
import type { CommonOptions } from "../options.js";
import { runReport } from "../session.js";

export async function listAction(flags: CommonOptions): Promise<void> {
  await runReport("templates list", flags, {}, async () => {
    const all = await listTemplates();
    const width = Math.max(...all.map(({ name }) => name.length));
    return {
      json: {
        templates: all.map(({ name, title, description, goals, uncensored, fields }) => ({
          name,
          title,
          description,
          goals,
          uncensored,
          fields,
        })),
      },
      lines: all.flatMap(({ name, description, goals, uncensored, fields }) => {
        const needs = Object.entries(fields).map(([field, { required }]) =>
          required ? field : `${field} (if you like)`,
        );
        return [
          `${name.padEnd(width)}  ${description} [${goals.join(", ")}]`,
          ...(needs.length === 0 ? [] : [`${" ".repeat(width)}  fields: ${needs.join(", ")}`]),
          ...(uncensored ? [`${" ".repeat(width)}  best with a model that refuses little`] : []),
        ];
      }),
    };
  });
}

export async function showAction(name: string, flags: CommonOptions): Promise<void> {
  await runReport("templates show", flags, {}, async () => {
    const { source, file: _file, ...template } = await findTemplate(name);
    return { json: { template }, lines: [source.trimEnd()] };
  });
}

export async function copyAction(name: string, file: string, flags: CommonOptions): Promise<void> {
  await runReport("templates copy", flags, {}, async () => {
    const { source } = await findTemplate(name);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw new OutputError(`${file} is there already`, { remedy: "give another name" });
    await writeFileAtomic(file, source);
    return { json: { file }, lines: [`Wrote ${file}; use it with --template ${file}`] };
  });
}
