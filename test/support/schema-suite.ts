/** The schemas of `test/schemas`: realistic ones of tasks, and ones that must be refused. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { root } from "./command.js";

export interface SuiteSchema {
  about: string;
  schema: Record<string, unknown>;
  /** Values that are valid, and ones that are not. */
  valid: unknown[];
  invalid: unknown[];
}

export interface RefusedSchema {
  about: string;
  side: "input" | "output";
  /** Where it is refused: when the task is made or read, or by the model that has to keep to it. */
  by: "task" | "model";
  /** What the message must name. */
  keyword: string;
  schema?: unknown;
  /** In place of a schema, where it is no JSON. */
  text?: string;
}

function filesIn<T>(sub: string): [string, T][] {
  const folder = path.join(root, "test", "schemas", sub);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => [
    name.replace(/\.json$/, ""),
    JSON.parse(readFileSync(path.join(folder, name), "utf8")) as T,
  ]);
}

export const suite = filesIn<SuiteSchema>(".");
export const refused = filesIn<RefusedSchema>("refused");

/** Patterns as Python writes them may have escapes that JavaScript takes without the flag only. */
const regExp = Object.assign(
  (pattern: string) => {
    try {
      return new RegExp(pattern, "u");
    } catch {
      return new RegExp(pattern);
    }
  },
  { code: "new RegExp" },
);

/** Ajv by itself, not as quern sets it up: words that it does not know mean nothing, formats that it knows hold. */
export function ajvFor(schema: Record<string, unknown>): (value: unknown) => string | undefined {
  const ajv = new Ajv2020({ strict: false, logger: false, code: { regExp } });
  addFormats.default(ajv);
  // Without the dialect it names: whichever it is, these words mean the same.
  const plain = { ...schema };
  delete plain["$schema"];
  const validate = ajv.compile(plain);
  return (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors));
}
