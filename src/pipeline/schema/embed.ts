/** A schema within another: its references go on meaning what they meant. */
import type { JsonSchema } from "../../backends/backend.js";

type Raw = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema. */
const schemaKeywords = new Set(
  "additionalProperties propertyNames items contains not if then else unevaluatedItems unevaluatedProperties contentSchema".split(
    " ",
  ),
);
/** Keywords whose value is a list of schemas. */
const listKeywords = new Set("allOf anyOf oneOf prefixItems".split(" "));
/** Keywords whose value is schemas by name. */
const mapKeywords = new Set("$defs definitions properties patternProperties dependentSchemas".split(" "));

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Goes through a schema and all within it; what is data (`const`, `enum`, `default`, `examples`) stays as it is.
 * @param change is given each schema after those within it have been changed
 */
export function mapSchemas(schema: JsonSchema, change: (schema: Raw) => Raw): JsonSchema {
  if (!isObject(schema)) return schema;
  const within = (value: unknown) => mapSchemas(value as JsonSchema, change);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (schemaKeywords.has(keyword)) return [keyword, Array.isArray(value) ? value.map(within) : within(value)];
    if (listKeywords.has(keyword) && Array.isArray(value)) return [keyword, value.map(within)];
    if (mapKeywords.has(keyword) && isObject(value))
      return [keyword, fromEntries(Object.entries(value).map(([name, one]) => [name, within(one)]))];
    return [keyword, value];
  });
  return change(fromEntries(entries));
}

/** As `Object.fromEntries`, with `__proto__` as any other key. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Raw {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  return object;
}

/**
 * Puts a schema into a wrapper: it goes to `$defs`, and the wrapper refers to it.
 * @param item any JSON Schema, draft 2020-12, with local references
 * @param name that it gets in `$defs`: letters
 * @param wrap makes the wrapper, given what stands for the item
 */
export function embedSchema(
  item: JsonSchema,
  name: string,
  wrap: (item: JsonSchema) => Readonly<Record<string, unknown>>,
): JsonSchema {
  const id = isObject(item) && typeof item["$id"] === "string" ? item["$id"].replace(/#$/, "") : undefined;
  const root = `#/$defs/${name}`;
  const moved = (ref: string): string => {
    const fragment = id !== undefined && (ref === id || ref.startsWith(`${id}#`)) ? ref.slice(id.length) : ref;
    if (fragment === "" || fragment === "#") return root;
    return fragment.startsWith("#/") ? `${root}${fragment.slice(1)}` : ref;
  };
  const inner = mapSchemas(item, (schema) => {
    if (typeof schema["$ref"] !== "string") return schema;
    return fromEntries(
      Object.entries(schema).map(([keyword, value]) => [keyword, keyword === "$ref" ? moved(value as string) : value]),
    );
  });
  const bare = isObject(inner)
    ? fromEntries(Object.entries(inner).filter(([keyword]) => keyword !== "$id" && keyword !== "$schema"))
    : inner;
  return { ...wrap({ $ref: root }), $defs: { [name]: bare } };
}
