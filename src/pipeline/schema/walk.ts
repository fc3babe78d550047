/** Where schemas stand within a schema, as opposed to data and names that look like them. */
import type { JsonSchema } from "../../backends/backend.js";

export type Raw = Readonly<Record<string, unknown>>;

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Keywords whose value is a schema. */
export const schemaKeywords = words(
  "additionalProperties propertyNames items contains not if then else unevaluatedItems unevaluatedProperties contentSchema",
);
/** Keywords whose value is a list of schemas. */
export const listKeywords = words("allOf anyOf oneOf prefixItems");
/** Keywords whose value is schemas by name. */
export const mapKeywords = words("$defs definitions properties patternProperties dependentSchemas");

export function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As `Object.fromEntries`, with `__proto__` as any other key. */
export function fromEntries(entries: Iterable<readonly [string, unknown]>): Raw {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (key !== "__proto__") object[key] = value;
    else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}

/** A schema directly within another, and the steps that lead to it. */
export interface Within {
  readonly schema: unknown;
  readonly steps: readonly (string | number)[];
}

/** The schemas directly within a schema; what stands under keywords of data (`const`, `enum`, `examples`) is none. */
export function* schemasWithin(schema: Raw): Generator<Within> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (schemaKeywords.has(keyword) && !Array.isArray(value)) yield { schema: value, steps: [keyword] };
    else if ((listKeywords.has(keyword) || schemaKeywords.has(keyword)) && Array.isArray(value))
      for (const [n, one] of value.entries()) yield { schema: one as unknown, steps: [keyword, n] };
    else if (mapKeywords.has(keyword) && isObject(value))
      for (const [name, one] of Object.entries(value)) yield { schema: one, steps: [keyword, name] };
  }
}

/** The same schema with the ones directly within it replaced. */
export function replaceWithin(schema: Raw, replace: (within: Within) => unknown): Raw {
  return fromEntries(
    Object.entries(schema).map(([keyword, value]): [string, unknown] => {
      if (schemaKeywords.has(keyword) && !Array.isArray(value))
        return [keyword, replace({ schema: value, steps: [keyword] })];
      if ((listKeywords.has(keyword) || schemaKeywords.has(keyword)) && Array.isArray(value))
        return [keyword, value.map((one: unknown, n) => replace({ schema: one, steps: [keyword, n] }))];
      if (mapKeywords.has(keyword) && isObject(value))
        return [
          keyword,
          fromEntries(
            Object.entries(value).map(([name, one]) => [name, replace({ schema: one, steps: [keyword, name] })]),
          ),
        ];
      return [keyword, value];
    }),
  );
}

/** The JSON pointer (RFC 6901) some steps below another. */
export function pointerBelow(pointer: string, ...steps: readonly (string | number)[]): string {
  return pointer + steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The steps of a JSON pointer. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What stands at some steps below a value; undefined where there is nothing. */
export function valueAt(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/**
 * What a reference means within its document: `#...` and, where the document has an `$id`, the same with it in front.
 * @returns the fragment, with `#`; undefined where it leads to another document
 */
export function localFragment(ref: string, id: string | undefined): string | undefined {
  if (ref === "" || ref.startsWith("#")) return ref === "" ? "#" : ref;
  if (id === undefined) return undefined;
  const base = id.replace(/#.*$/s, "");
  const at = ref.indexOf("#");
  const [address, fragment] = at === -1 ? [ref, "#"] : [ref.slice(0, at), ref.slice(at)];
  if (address === base) return fragment;
  // "item.json#/..." beside "$id": "https://example.org/item.json".
  return URL.canParse(base) && URL.canParse(address, base) && new URL(address, base).href === new URL(base).href
    ? fragment
    : undefined;
}

/** The JSON pointer in a fragment, undefined where it is the name of an anchor or broken. */
export function pointerOf(fragment: string): string | undefined {
  let pointer: string;
  try {
    pointer = decodeURIComponent(fragment.slice(1));
  } catch {
    return undefined;
  }
  return pointer === "" || pointer.startsWith("/") ? pointer : undefined;
}

/** The `$id` of a schema, if it has one. */
export function idOf(schema: JsonSchema): string | undefined {
  return isObject(schema) && typeof schema["$id"] === "string" ? schema["$id"] : undefined;
}

/**
 * All objects in a document that are schemas: its root, those within, and those that local references lead to, wherever
 * these stand.
 */
export function schemasOf(root: JsonSchema): Set<Raw> {
  const found = new Set<Raw>();
  const open: unknown[] = [root];
  const id = idOf(root);
  for (let at = 0; at < open.length; at++) {
    const schema = open[at];
    if (!isObject(schema) || found.has(schema)) continue;
    found.add(schema);
    for (const within of schemasWithin(schema)) open.push(within.schema);
    const { $ref } = schema;
    const fragment = typeof $ref === "string" ? localFragment($ref, id) : undefined;
    const pointer = fragment === undefined ? undefined : pointerOf(fragment);
    if (pointer !== undefined) open.push(valueAt(root, stepsOf(pointer)));
  }
  return found;
}

/**
 * Goes through a schema and all within it, from the inside out.
 * @param change is given each schema after those within it have been changed
 */
export function mapSchemas(schema: JsonSchema, change: (schema: Raw) => Raw): JsonSchema {
  if (!isObject(schema)) return schema;
  return change(replaceWithin(schema, (within) => mapSchemas(within.schema as JsonSchema, change)));
}
