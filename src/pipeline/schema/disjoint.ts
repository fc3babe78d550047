/** Whether no value can be valid for two of several schemas, as far as types, constants and tags tell. */
import { isObject, type Raw } from "./walk.js";
import { listIn } from "./recursion.js";

/**
 * @param branches schemas, as of `oneOf`
 * @param targetOf what the `$ref` of a schema leads to
 */
export function areDisjoint(branches: readonly unknown[], targetOf: (schema: Raw) => unknown): boolean {
  const known = branches.filter((branch) => branch !== false).map((branch) => resolved(branch, targetOf));
  return known.every((a, n) => known.slice(n + 1).every((b) => exclude(a, b)));
}

function resolved(branch: unknown, targetOf: (schema: Raw) => unknown): Raw | undefined {
  let schema = branch;
  for (let steps = 0; steps < 20 && isObject(schema); steps++) {
    // What stands beside a reference only makes it narrower.
    if (typeof schema["$ref"] !== "string") return schema;
    schema = targetOf(schema);
  }
  return undefined;
}

function exclude(a: Raw | undefined, b: Raw | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [types, others] = [typesIn(a), typesIn(b)];
  if (types !== undefined && others !== undefined && types.every((type) => !others.includes(type))) return true;
  const [values, theirs] = [valuesIn(a), valuesIn(b)];
  if (values !== undefined && theirs !== undefined && values.every((value) => !theirs.includes(value))) return true;
  if (a["type"] !== "object" || b["type"] !== "object") return false;
  return listIn(a, "required").some((name) => {
    if (typeof name !== "string" || !listIn(b, "required").includes(name)) return false;
    const [mine, its] = [propertyOf(a, name), propertyOf(b, name)].map((one) => (one ? valuesIn(one) : undefined));
    return mine !== undefined && its !== undefined && mine.every((value) => !its.includes(value));
  });
}

function propertyOf(schema: Raw, name: string): Raw | undefined {
  const { properties } = schema;
  const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return isObject(property) ? property : undefined;
}

/** Types, with numbers of both kinds as one. */
function typesIn(schema: Raw): string[] | undefined {
  const { type } = schema;
  const types: unknown[] = Array.isArray(type) ? type : [type];
  if (types.some((one) => typeof one !== "string")) return undefined;
  return types.map((one) => (one === "integer" ? "number" : String(one)));
}

/** Listed values, each as text; undefined where it lists none or one whose text depends on the order of its keys. */
function valuesIn(schema: Raw): string[] | undefined {
  const values = Object.hasOwn(schema, "const") ? [schema["const"]] : schema["enum"];
  if (!Array.isArray(values) || values.some((value) => typeof value === "object" && value !== null)) return undefined;
  return values.map((value) => JSON.stringify(value));
}
