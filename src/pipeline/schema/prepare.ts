/**
 * A task's schema as validators and backends take it: what means nothing to JSON Schema is left out and told, references
 * lead where every compiler follows, and patterns are ones that JavaScript reads.
 *
 * Kiln takes any word for a keyword and pays it no attention. So does this: a folder that was made with annotations of
 * other programs can be used, and nothing is enforced or forbidden that Kiln does not see. What is left out may have
 * been meant as a rule, so each is told by name.
 */
import type { JsonSchema } from "../../backends/backend.js";
import { hintFor, isKeyword } from "./keywords.js";
import { readablePattern } from "./patterns.js";
import {
  fromEntries,
  idOf,
  isObject,
  listKeywords,
  localFragment,
  mapKeywords,
  pointerBelow,
  pointerOf,
  type Raw,
  replaceWithin,
  schemaKeywords,
  schemasWithin,
  stepsOf,
  valueAt,
} from "./walk.js";

/** Formats that say something to validators here; any other word is an annotation. */
const formats: ReadonlySet<string> = new Set(
  (
    "date time date-time iso-time iso-date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 " +
    "regex uuid json-pointer json-pointer-uri-fragment relative-json-pointer byte int32 int64 float double password binary"
  ).split(" "),
);

export interface Prepared {
  schema: JsonSchema;
  /** A sentence for each word that was left out. */
  notes: string[];
}

/** @param root a schema whose keywords have values of the right kind and whose references lead somewhere */
export function prepareSchema(root: Raw): Prepared {
  const work = new Preparation(root);
  return { schema: work.whole(), notes: work.notes() };
}

class Preparation {
  private readonly id: string | undefined;
  private readonly anchors = new Map<string, string>();
  /** Names in `$defs` of schemas that stood where none is looked for, by pointer. */
  private readonly moved = new Map<string, string>();
  private readonly definitions: [string, unknown][] = [];
  private readonly unknown = new Map<string, string[]>();
  private readonly formats = new Map<string, string[]>();

  constructor(private readonly root: Raw) {
    this.id = idOf(root);
    this.findAnchors(root, "");
  }

  whole(): JsonSchema {
    const schema = this.prepared(this.root, "");
    if (this.definitions.length === 0 || !isObject(schema)) return schema;
    const own = isObject(schema["$defs"]) ? schema["$defs"] : {};
    return { ...schema, $defs: fromEntries([...Object.entries(own), ...this.definitions]) };
  }

  notes(): string[] {
    const unknown = [...this.unknown].map(([word, places]) => {
      const hint = hintFor(word);
      return `"${word}" ${placesText(places)} is no keyword of JSON Schema and is left out${hint === undefined ? "" : `; ${hint}`}`;
    });
    const formats = [...this.formats].map(
      ([name, places]) => `the format "${name}" ${placesText(places)} is not known and is left out`,
    );
    return [...unknown, ...formats];
  }

  private prepared(schema: Raw, pointer: string): JsonSchema {
    // An empty list of values is in order, and Ajv refuses to compile one.
    if (Array.isArray(schema["enum"]) && schema["enum"].length === 0) return false;
    const kept = Object.entries(schema).filter(([keyword, value]) => this.isKept(keyword, value, schema, pointer));
    const within = replaceWithin(fromEntries(kept), ({ schema: inner, steps }) =>
      isObject(inner) ? this.prepared(inner, pointerBelow(pointer, ...steps)) : inner,
    );
    const entries = Object.entries(within).map(([keyword, value]): [string, unknown] => {
      if (references.has(keyword) && typeof value === "string") return [keyword, this.reference(value)];
      if (keyword === "pattern" && typeof value === "string") return [keyword, sourceOf(value)];
      if (keyword === "patternProperties" && isObject(value))
        return [keyword, fromEntries(Object.entries(value).map(([name, one]) => [sourceOf(name), one]))];
      return [keyword, value];
    });
    return plainReferences(entries);
  }

  private isKept(keyword: string, value: unknown, schema: Raw, pointer: string): boolean {
    const has = (other: string): boolean => Object.hasOwn(schema, other);
    switch (keyword) {
      // Every reference becomes a pointer.
      case "$schema":
      case "$dynamicAnchor":
        return false;
      case "format":
        if (typeof value !== "string" || formats.has(value)) return true;
        addPlace(this.formats, value, pointer);
        return false;
      // Without the other they mean nothing, which strict validators take for a mistake.
      case "if":
        return has("then") || has("else");
      case "then":
      case "else":
        return has("if");
      case "contains":
        return schema["minContains"] !== 0 || has("maxContains");
      case "minContains":
      case "maxContains":
        return has("contains") && (schema["minContains"] !== 0 || has("maxContains"));
      default:
        if (isKeyword(keyword)) return true;
        addPlace(this.unknown, keyword, pointer);
        return false;
    }
  }

  private reference(ref: string): string {
    const fragment = localFragment(ref, this.id);
    if (fragment === undefined) return ref;
    const pointer = pointerOf(fragment) ?? this.anchors.get(fragment.slice(1));
    if (pointer === undefined) return ref;
    const steps = stepsOf(pointer);
    if (isSchemaPath(steps)) return `#${encodeURI(pointer).replaceAll("#", "%23")}`;
    let name = this.moved.get(pointer);
    if (name === undefined) {
      name = this.freeName(steps.at(-1) ?? "schema");
      this.moved.set(pointer, name);
      const target = valueAt(this.root, steps);
      const definition: [string, unknown] = [name, target];
      this.definitions.push(definition);
      // Named before it is gone through, as it may refer to itself.
      if (isObject(target)) definition[1] = this.prepared(target, pointer);
    }
    return `#${encodeURI(pointerBelow("", "$defs", name)).replaceAll("#", "%23")}`;
  }

  private freeName(wanted: string): string {
    const taken = new Set([
      ...(isObject(this.root["$defs"]) ? Object.keys(this.root["$defs"]) : []),
      ...this.definitions.map(([name]) => name),
    ]);
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
    return name;
  }

  private findAnchors(schema: unknown, pointer: string): void {
    if (!isObject(schema)) return;
    for (const keyword of ["$anchor", "$dynamicAnchor"])
      if (typeof schema[keyword] === "string") this.anchors.set(schema[keyword], pointer);
    for (const within of schemasWithin(schema)) this.findAnchors(within.schema, pointerBelow(pointer, ...within.steps));
  }
}

/** In a single document the dynamic kind means what the other does; Ajv resolves only some of it. */
const references: ReadonlySet<string> = new Set(["$ref", "$dynamicRef"]);

function plainReferences(entries: readonly [string, unknown][]): Raw {
  const dynamic = entries.find(([keyword]) => keyword === "$dynamicRef");
  if (dynamic === undefined) return fromEntries(entries);
  const others = entries.filter((entry) => entry !== dynamic);
  const target = { $ref: dynamic[1] };
  if (!others.some(([keyword]) => keyword === "$ref")) return fromEntries([...others, ["$ref", dynamic[1]]]);
  const all = others.find(([keyword]) => keyword === "allOf")?.[1];
  return fromEntries([
    ...others.filter(([keyword]) => keyword !== "allOf"),
    ["allOf", [...(Array.isArray(all) ? (all as unknown[]) : []), target]],
  ]);
}

/** Whether steps lead from schema to schema by keywords alone. */
function isSchemaPath(steps: readonly string[]): boolean {
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at]!;
    if (mapKeywords.has(step) || listKeywords.has(step)) {
      if (++at >= steps.length) return false;
    } else if (!schemaKeywords.has(step)) return false;
  }
  return true;
}

function sourceOf(pattern: string): string {
  const readable = readablePattern(pattern);
  return "source" in readable ? readable.source : pattern;
}

function addPlace(places: Map<string, string[]>, word: string, pointer: string): void {
  places.set(word, [...(places.get(word) ?? []), pointer]);
}

export function placeText(pointer: string): string {
  return pointer === "" ? "at its root" : `at "${pointer}"`;
}

function placesText(pointers: readonly string[]): string {
  const [first = "", ...others] = pointers;
  return `${placeText(first)}${others.length === 0 ? "" : ` and ${others.length} other places`}`;
}
