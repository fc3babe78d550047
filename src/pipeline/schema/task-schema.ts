/**
 * The schemas of a task's inputs and outputs, from the text that its file holds: JSON Schema draft 2020-12, as Kiln's
 * library asks for (`libs/core/kiln_ai/datamodel/json_schema.py`): an object; that of outputs with `"type": "object"` and
 * `properties`; that of inputs of any kind.
 */
import { Ajv2020 } from "ajv/dist/2020.js";

import type { JsonSchema } from "../../backends/backend.js";
import { ConfigError, InputError, messageOf } from "../../errors.js";
import { contradictionIn, contradictionsWithin } from "./contradictions.js";
import { isKeyword, schemaProblem, shapeProblem } from "./keywords.js";
import { readablePattern } from "./patterns.js";
import { placeText, prepareSchema } from "./prepare.js";
import { compileValidator } from "./validate.js";
import {
  idOf,
  isObject,
  localFragment,
  pointerBelow,
  pointerOf,
  type Raw,
  schemasWithin,
  stepsOf,
  valueAt,
} from "./walk.js";

export type SchemaSide = "input" | "output";

/** A schema that can be used, and what its writer may want to know. */
export interface TaskSchema {
  /** For validators and backends: without words that mean nothing to JSON Schema. */
  schema: JsonSchema;
  /** What was left out of it, and what in it can never be, a sentence each. */
  notes: readonly string[];
}

const checked = new Map<string, TaskSchema>();
const mostChecked = 64;

/** Python, and with it Kiln, gives up on nested data that is much deeper. */
const mostDepth = 100;
const draft = "https://json-schema.org/draft/2020-12/schema";
const mostCharacters = 4_000_000;

/**
 * @param text of a JSON Schema
 * @param side Kiln takes any schema for inputs, and for outputs only objects with properties
 * @returns the schema for validators and backends, the same one for the same text
 * @throws {InputError} saying where it is wrong, which keyword it is and what to write instead
 */
export function parseTaskSchema(text: string, side: SchemaSide): JsonSchema {
  return checkTaskSchema(text, side).schema;
}

/**
 * As {@link parseTaskSchema}, with notes. Keywords that JSON Schema does not know are no error, since Kiln takes them: they
 * are left out and noted.
 * @throws {InputError} saying where it is wrong, which keyword it is and what to write instead
 */
export function checkTaskSchema(text: string, side: SchemaSide): TaskSchema {
  const key = `${side}\n${text}`;
  let known = checked.get(key);
  if (known === undefined) {
    known = check(text, side);
    if (checked.size >= mostChecked) checked.clear();
    checked.set(key, known);
  }
  return known;
}

function check(text: string, side: SchemaSide): TaskSchema {
  const root = parse(text, side);
  checkTop(root, side);
  checkSchema(root, "", side);
  checkReferences(root, side);
  const impossible = contradictionIn(root);
  if (impossible !== undefined)
    throw new InputError(
      `no value satisfies the ${side} schema: ${placeText(impossible.pointer)}, ${impossible.text}`,
      {
        remedy: "correct one of them",
      },
    );
  const { schema, notes } = prepareSchema(root);
  try {
    compileValidator(schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new InputError(`the ${side} schema cannot be used: ${messageOf(error.cause)}`, {
      remedy: "correct it; docs/schemas.md lists the keywords",
      cause: error,
    });
  }
  const never = contradictionsWithin(root).map(
    ({ pointer, text: why }) => `nothing can ever stand ${placeText(pointer)}: ${why}`,
  );
  return { schema, notes: [...notes, ...never] };
}

function parse(text: string, side: SchemaSide): Raw {
  const example = 'give a JSON Schema, such as {"type": "object", "properties": {"title": {"type": "string"}}}';
  if (text.length > mostCharacters)
    throw new InputError(`the ${side} schema has ${text.length} characters, more than ${mostCharacters}`, {
      remedy: "put long lists of values into the instruction, or split the task",
    });
  if (text.trim() === "") throw new InputError(`the ${side} schema is empty`, { remedy: example });
  if (text.startsWith("\uFEFF"))
    throw new InputError(`the ${side} schema begins with a byte order mark, which Kiln does not read`, {
      remedy: "save it as UTF-8 without one",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`the ${side} schema is not JSON: ${messageOf(error)}`, { remedy: example });
  }
  if (!isObject(value))
    throw new InputError(
      `the ${side} schema is no JSON Schema: it is ${Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 40)}, not an object`,
      { remedy: example },
    );
  if (isDeeper(value, mostDepth))
    throw new InputError(`the ${side} schema is nested more than ${mostDepth} deep`, {
      remedy: 'put parts of it into "$defs" and refer to them',
    });
  return value;
}

function isDeeper(root: unknown, most: number): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((value): unknown[] =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

function checkTop(root: Raw, side: SchemaSide): void {
  if (side === "input") return;
  if (root["type"] === "object" && Object.hasOwn(root, "properties")) return;
  const missing =
    root["type"] === "object"
      ? 'it has no "properties"'
      : Object.hasOwn(root, "type")
        ? `its "type" is ${JSON.stringify(root["type"])}`
        : 'it has no "type"';
  throw new InputError(`the output schema must be of an object with properties, and ${missing}`, {
    remedy:
      root["type"] === "object"
        ? 'list them: "properties": {"result": {"type": "string"}}'
        : 'put what it describes into a property: {"type": "object", "properties": {"result": ...}, "required": ["result"]}',
  });
}

/** Every keyword of every schema: its value's kind, its pattern, its names. */
function checkSchema(schema: Raw, pointer: string, side: SchemaSide): void {
  const refuse = (keyword: string, { text, remedy }: { text: string; remedy: string }): InputError =>
    new InputError(`the ${side} schema: "${keyword}" ${placeText(pointer)}: ${text}`, { remedy });
  for (const [keyword, value] of Object.entries(schema)) {
    if (!isKeyword(keyword)) continue;
    const problem = shapeProblem(keyword, value, schema);
    if (problem !== undefined) throw refuse(keyword, problem);
    const patterns =
      keyword === "pattern" ? [value as string] : keyword === "patternProperties" ? Object.keys(value as Raw) : [];
    for (const pattern of patterns) {
      const readable = readablePattern(pattern);
      if ("text" in readable) throw refuse(keyword, readable);
    }
    if (keyword === "properties" && Object.hasOwn(value as Raw, "__proto__"))
      throw refuse(keyword, { text: 'a property cannot be called "__proto__"', remedy: "give it another name" });
  }
  for (const { schema: inner, steps } of schemasWithin(schema)) {
    if (!isKeyword(String(steps[0]))) continue;
    const below = pointerBelow(pointer, ...steps);
    const problem = schemaProblem(inner);
    if (problem !== undefined)
      throw new InputError(
        `the ${side} schema: "${String(steps[0])}" ${placeText(pointer)}: at "${below}" ${problem.text}`,
        {
          remedy: problem.remedy,
        },
      );
    if (isObject(inner)) checkSchema(inner, below, side);
  }
}

/** That every reference leads to a schema within. What only the meta-schema knows comes last. */
function checkReferences(root: Raw, side: SchemaSide): void {
  const id = idOf(root);
  const bundled = new Set<string>();
  const anchors = new Set<string>();
  const references: { keyword: string; ref: string; pointer: string }[] = [];
  const open: { schema: unknown; pointer: string }[] = [{ schema: root, pointer: "" }];
  const seen = new Set<unknown>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { schema, pointer } = next;
    if (!isObject(schema) || seen.has(schema)) continue;
    seen.add(schema);
    if (pointer !== "" && typeof schema["$id"] === "string") bundled.add(pointer);
    for (const keyword of ["$anchor", "$dynamicAnchor"])
      if (typeof schema[keyword] === "string") anchors.add(schema[keyword]);
    for (const { schema: inner, steps } of schemasWithin(schema))
      open.push({ schema: inner, pointer: pointerBelow(pointer, ...steps) });
    for (const keyword of ["$ref", "$dynamicRef"]) {
      const ref = schema[keyword];
      if (typeof ref !== "string") continue;
      references.push({ keyword, ref, pointer });
      const fragment = localFragment(ref, id);
      const target = fragment === undefined ? undefined : pointerOf(fragment);
      if (target !== undefined) open.push({ schema: valueAt(root, stepsOf(target)), pointer: target });
    }
  }
  // Documents within the document have addresses of their own: only their compiler knows what leads where.
  const dynamic = references.find(({ keyword }) => keyword === "$dynamicRef");
  if (bundled.size > 0 && dynamic !== undefined)
    throw new InputError(
      `the ${side} schema: "$dynamicRef" ${placeText(dynamic.pointer)}: it cannot be followed beside schemas with an "$id" of their own`,
      { remedy: 'use "$ref"' },
    );
  if (bundled.size > 0) return;
  for (const { keyword, ref, pointer } of references) {
    const refuse = (text: string, remedy: string): InputError =>
      new InputError(`the ${side} schema: "${keyword}" ${placeText(pointer)}: "${ref}" ${text}`, { remedy });
    const fragment = localFragment(ref, id);
    if (fragment === undefined)
      throw refuse("is outside of this schema, and nothing is fetched", 'copy it into "$defs" and refer to it there');
    const target = pointerOf(fragment);
    if (target === undefined) {
      if (!anchors.has(fragment.slice(1))) throw refuse("does not exist", 'refer to "#/$defs/..."');
      continue;
    }
    const value = valueAt(root, stepsOf(target));
    const names = isObject(root["$defs"]) ? Object.keys(root["$defs"]) : [];
    if (value === undefined)
      throw refuse(
        "does not exist",
        names.length === 0 ? 'put it into "$defs"' : `"$defs" has ${names.slice(0, 10).join(", ")}`,
      );
    if (schemaProblem(value) !== undefined) throw refuse("leads to what is no schema", 'refer to "#/$defs/..."');
    if (leadsBack(root, value, id)) throw refuse("leads back to itself without any value between", "end the circle");
  }
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false });
  // Kiln reads every schema by this draft, whatever it says of itself.
  if (ajv.validateSchema({ ...root, $schema: draft }) !== true) {
    const error = ajv.errors?.[0];
    const at = stepsOf(error?.instancePath ?? "");
    const keyword = at.pop() ?? "";
    throw new InputError(
      `the ${side} schema: "${keyword}" ${placeText(pointerBelow("", ...at))}: it ${error?.message ?? "is not valid"}`,
      { remedy: "correct it; docs/schemas.md lists the keywords" },
    );
  }
}

/** Whether references alone lead from a schema to itself. */
function leadsBack(root: Raw, start: unknown, id: string | undefined): boolean {
  const seen = new Set<unknown>();
  const open: unknown[] = [start];
  for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
    if (!isObject(schema)) continue;
    if (seen.has(schema)) {
      if (schema === start) return true;
      continue;
    }
    seen.add(schema);
    for (const keyword of ["allOf", "anyOf", "oneOf"])
      if (Array.isArray(schema[keyword])) open.push(...(schema[keyword] as unknown[]));
    const fragment = typeof schema["$ref"] === "string" ? localFragment(schema["$ref"], id) : undefined;
    const target = fragment === undefined ? undefined : pointerOf(fragment);
    if (target !== undefined) open.push(valueAt(root, stepsOf(target)));
  }
  return false;
}
