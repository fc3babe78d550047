/**
 * Sub-schemas with their place in the whole schema, and how references and `allOf` become lists of sub-schemas that
 * all hold for one value.
 */
import type { JsonSchema } from "../../backend.js";
import { checkKeywords, isAnnotation, listValue, refuse, stringValue, type SchemaObject } from "./keywords.js";

/** A sub-schema, where it stands, and which of its keywords are already taken care of. */
export interface Located {
  readonly schema: JsonSchema;
  /** JSON pointer (RFC 6901) from the root. */
  readonly pointer: string;
  readonly skip: readonly string[];
  /** The pointers of the sub-schemas that led here for the same value: meeting one again is an endless loop. */
  readonly via: readonly string[];
}

/** A sub-schema that is an object, as all are after `expand`. */
export interface Part extends Located {
  readonly schema: SchemaObject;
}

export function located(schema: unknown, pointer: string, via: readonly string[] = []): Located {
  return { schema: checkKeywords(schema, pointer), pointer, skip: [], via };
}

/** The pointer one step further down. */
export function below(pointer: string, ...steps: readonly (string | number)[]): string {
  return pointer + steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The sub-schema under a keyword, for another value than the one this schema speaks of. */
export function child(part: Part, ...steps: readonly (string | number)[]): Located {
  let schema: unknown = part.schema;
  for (const step of steps) schema = (schema as Record<string | number, unknown>)[step];
  return located(schema, below(part.pointer, ...steps));
}

/** A sub-schema under a keyword, for the same value. */
export function branch(part: Part, ...steps: readonly (string | number)[]): Located {
  const inner = child(part, ...steps);
  return { ...inner, via: [...part.via, part.pointer] };
}

/** The same sub-schema without a keyword that is taken care of. */
export function without(part: Part, ...keywords: readonly string[]): Part {
  return { ...part, skip: [...new Set([...part.skip, ...keywords])].sort() };
}

/** A keyword's value; undefined when it is absent or taken care of. */
export function valueOf(part: Part, keyword: string): unknown {
  return part.skip.includes(keyword) || !Object.hasOwn(part.schema, keyword) ? undefined : part.schema[keyword];
}

/** The keywords of a part that say something about the value. */
export function assertions(part: Part): string[] {
  return Object.keys(part.schema).filter((keyword) => !isAnnotation(keyword) && !part.skip.includes(keyword));
}

/** What tells the parts' conjunction from any other. */
export function keyOf(parts: readonly Part[]): string {
  return parts.map((part) => [part.pointer, ...part.skip].join("!")).join(" & ");
}

/**
 * Resolves `$ref` and `allOf` until only parts are left that hold together for one value.
 * @returns undefined when one of them is `false`
 * @throws {RequestRefusedError} for references that lead elsewhere, nowhere or back to themselves
 */
export function expand(root: JsonSchema, conjunction: readonly Located[]): Part[] | undefined {
  const parts: Part[] = [];
  const seen = new Set<string>();
  const open = [...conjunction];
  for (let item = open.shift(); item; item = open.shift()) {
    if (item.via.includes(item.pointer)) {
      throw refuse(
        "$ref",
        item.via.at(-1) ?? "",
        "it leads back to itself without any value between",
        "end the recursion",
      );
    }
    if (item.schema === false) return undefined;
    if (item.schema === true) continue;
    const part: Part = { ...item, schema: item.schema };
    const more: Located[] = [];
    const ref = valueOf(part, "$ref");
    if (ref !== undefined) more.push(resolve(root, part, stringValue(ref, "$ref", part.pointer)));
    const all = valueOf(part, "allOf");
    if (all !== undefined) {
      const count = listValue(all, "allOf", part.pointer).length;
      for (let n = 0; n < count; n++) more.push(branch(part, "allOf", n));
    }
    const rest = without(part, ...["$ref", "allOf"].filter((keyword) => Object.hasOwn(part.schema, keyword)));
    const key = keyOf([rest]);
    if (assertions(rest).length > 0 && !seen.has(key)) parts.push(rest);
    seen.add(key);
    // What a schema refers to comes where the reference stands, before what follows it.
    open.unshift(...more);
  }
  return parts;
}

function resolve(root: JsonSchema, part: Part, ref: string): Located {
  const id = typeof root === "object" && typeof root["$id"] === "string" ? root["$id"].replace(/#$/, "") : undefined;
  const fragment = id !== undefined && ref.startsWith(`${id}#`) ? ref.slice(id.length) : ref;
  if (!fragment.startsWith("#")) {
    throw refuse("$ref", part.pointer, `"${ref}" is outside of this schema`, 'copy it into "$defs"');
  }
  let steps: string[];
  try {
    steps = decodeURIComponent(fragment.slice(1)).split("/");
  } catch (error) {
    throw refuse("$ref", part.pointer, `"${ref}" is not a URI fragment`, "correct the reference", error);
  }
  if (steps[0] !== "") throw refuse("$ref", part.pointer, `"${ref}" is not a JSON pointer`, 'refer to "#/$defs/..."');
  let target: unknown = root;
  const path = steps.slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (const step of path) {
    const inside = typeof target === "object" && target !== null && Object.hasOwn(target, step);
    if (!inside) throw refuse("$ref", part.pointer, `"${ref}" does not exist`, "correct the reference");
    target = (target as Record<string, unknown>)[step];
  }
  return located(target, below("", ...path), [...part.via, part.pointer]);
}
