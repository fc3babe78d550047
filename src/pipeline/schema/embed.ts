/** A schema within another: its references go on meaning what they meant. */
import type { JsonSchema } from "../../backends/backend.js";
import { fromEntries, idOf, isObject, localFragment, pointerBelow, pointerOf, type Raw, schemasOf } from "./walk.js";

/** Keywords whose value refers to a schema. */
const references: ReadonlySet<string> = new Set(["$ref", "$dynamicRef"]);

/** For a schema that others within it may refer to by a relative address. */
const madeUpId = "urn:quern:embedded";

/**
 * Puts a schema into a wrapper: it goes to `$defs`, and the wrapper refers to it. A value is valid where the wrapper
 * refers to it if it is valid for the schema itself.
 * @param item any JSON Schema, draft 2020-12; its `$id` and `$schema` are left out
 * @param name that it gets in the wrapper's `$defs`
 * @param wrap makes the wrapper, given what stands for the item; it may refer to it more than once
 * @returns the wrapper with the item in `$defs`; the item itself is not changed
 */
export function embedSchema(
  item: JsonSchema,
  name: string,
  wrap: (item: JsonSchema) => Readonly<Record<string, unknown>>,
): JsonSchema {
  const root = `#${encodePointer(pointerBelow("", "$defs", name))}`;
  const wrapper = wrap({ $ref: root });
  const others = isObject(wrapper["$defs"]) ? wrapper["$defs"] : {};
  return { ...wrapper, $defs: fromEntries([...Object.entries(others), [name, movedBelow(item, root)]]) };
}

function movedBelow(item: JsonSchema, root: string): JsonSchema {
  if (!isObject(item)) return item;
  const schemas = schemasOf(item);
  const id = idOf(item);
  const bare = fromEntries(Object.entries(item).filter(([keyword]) => keyword !== "$id" && keyword !== "$schema"));
  // Schemas with an address of their own refer to it and to each other: only a document of its own keeps all of that.
  const isBundle = [...schemas].some((schema) => schema !== item && typeof schema["$id"] === "string");
  if (isBundle) return { $id: id ?? madeUpId, ...bare };

  schemas.add(bare);
  return withReferences(bare, schemas, (ref) => movedReference(ref, id, root)) as Raw;
}

/**
 * @param ref in a document with the address `id`
 * @param root a fragment: the place where the document has gone to
 * @returns the reference from there
 */
export function movedReference(ref: string, id: string | undefined, root: string): string {
  const fragment = localFragment(ref, id);
  if (fragment === undefined) return ref;
  // The names of anchors hold in the whole document, wherever they stand.
  return pointerOf(fragment) === undefined ? fragment : `${root}${fragment.slice(1)}`;
}

/**
 * @param value a schema, or what stands in one
 * @param schemas the objects in it that are schemas; others may only look as if they referred to something
 * @returns the same with each reference changed
 */
export function withReferences(value: unknown, schemas: ReadonlySet<Raw>, change: (ref: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => withReferences(one, schemas, change));
  if (!isObject(value)) return value;
  const isSchema = schemas.has(value);
  return fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSchema && references.has(key) && typeof inner === "string"
        ? change(inner)
        : withReferences(inner, schemas, change),
    ]),
  );
}

/** As it may stand in a fragment (RFC 3986). */
export function encodePointer(pointer: string): string {
  return encodeURI(pointer).replaceAll("#", "%23").replaceAll("?", "%3F").replaceAll("[", "%5B").replaceAll("]", "%5D");
}
