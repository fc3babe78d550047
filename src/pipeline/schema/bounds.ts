/**
 * Bounds for what a schema leaves open, so that an answer comes to its end within its tokens: lengths of strings, numbers
 * of items and of further properties, how deep recursion goes, what stands where anything may. A schema that is used for
 * generating only; what is generated is valid for the schema itself.
 */
import type { JsonSchema } from "../../backends/backend.js";
import {
  ends,
  holdsTogether,
  isListed,
  saysNothing,
  speaksOf,
  withoutDefinitions,
  withoutNever,
} from "./bound-parts.js";
import { numberIn, patternLength, type Sizes, sizesFor } from "./bound-sizes.js";
import { areDisjoint } from "./disjoint.js";
import { encodePointer, movedReference, withReferences } from "./embed.js";
import { commonPattern } from "./patterns.js";
import { listIn, Recursion } from "./recursion.js";
import {
  fromEntries,
  idOf,
  isObject,
  pointerBelow,
  type Raw,
  replaceWithin,
  schemasOf,
  stepsOf,
  type Within,
} from "./walk.js";

/** References to recursive schemas that may follow each other. */
const usualDepth = 2;
/** Characters of a property's name where any is allowed. */
const nameCharacters = 40;
/** Characters of a value where any is allowed. */
const scalarCharacters = 100;
const anythingItems = 5;

/**
 * Adds `maxLength`, `maxItems` and `maxProperties` where there are none, and ends recursion. Every value that is valid for
 * the result is valid for the schema itself: what must not hold or decides what else holds (`not`, `if`, branches of
 * `oneOf` that overlap) is left as it is, since less there would be more elsewhere.
 * @param schema a task's schema, as {@link parseTaskSchema} gives it
 * @param tokens of a whole value; strings may have as many characters as fit them, shared with those beside them
 * @returns a schema with definitions of its own
 */
export function boundSchema(schema: JsonSchema, tokens: number): JsonSchema {
  if (!isObject(schema)) return schema;
  // Within a document of its own references mean something else.
  const isBundle = [...schemasOf(schema)].some((one) => one !== schema && typeof one["$id"] === "string");
  if (isBundle) return schema;
  return new Bounder(schema, tokens).whole();
}

/** Where a schema stands. */
interface Place {
  /** References to recursive schemas that may still follow. */
  depth: number;
  /** Other schemas hold for the same value, and may ask for more than a bound here would leave. */
  shared: boolean;
}

/** Stands for a schema that would begin what cannot end within the depth. */
const never = Symbol("never");
type Bounded = JsonSchema | typeof never;

class Bounder {
  private readonly recursion: Recursion;
  private readonly sizes: Sizes;
  private readonly definitions = new Map<string, { name: string; schema: Bounded | undefined }>();
  private readonly names = new Set<string>();
  private readonly schemas: ReadonlySet<Raw>;
  /** The name of the schema itself among the definitions, once something that is left as it is refers to it. */
  private wholeName: string | undefined;

  constructor(
    private readonly root: Raw,
    tokens: number,
  ) {
    this.recursion = new Recursion(root);
    this.sizes = sizesFor(root, tokens, this.recursion);
    this.schemas = schemasOf(root);
  }

  whole(): JsonSchema {
    const { root } = this;
    const least = this.recursion.leastBelow(root);
    if (least === Infinity) return root;
    const depth = Math.max(usualDepth, least);
    const bounded = this.bounded(root, { depth, shared: false });
    if (bounded === never) return root;
    const definitions: [string, unknown][] = [...this.definitions.values()].map(({ name, schema }) => [name, schema]);
    if (this.wholeName !== undefined) definitions.push([this.wholeName, this.asItIs(this.withoutAddress(root))]);
    if (definitions.length === 0 || !isObject(bounded)) return bounded;
    return { ...bounded, $defs: fromEntries(definitions) };
  }

  private bounded(schema: unknown, place: Place): Bounded {
    if (schema === true || (isObject(schema) && saysNothing(schema)))
      // Beside others it would count as having looked at each property, which "unevaluatedProperties" asks for.
      return place.shared ? schema : this.anything(schema);
    if (!isObject(schema)) return schema as JsonSchema;
    const target = this.recursion.targetOf(schema);
    let ref: string | undefined;
    const shared = place.shared || holdsTogether(schema);
    if (target !== undefined) {
      const found = this.reference(target, { ...place, shared });
      if (found === undefined) return never;
      ref = found;
    }
    const within = this.withinOf(schema, { ...place, shared });
    if (within === never) return never;
    const own = withoutDefinitions(within);
    const withRef = ref === undefined ? own : { ...own, $ref: ref };
    return this.withBounds(withRef, shared);
  }

  /** @returns the reference to a bounded copy; undefined where it would not end */
  private reference(target: { schema: unknown; pointer: string }, place: Place): string | undefined {
    const isRecursive = this.recursion.isRecursive(target.schema);
    const depth = isRecursive ? place.depth - 1 : place.depth;
    if (isRecursive && (depth < 0 || this.recursion.leastBelow(target.schema) > depth)) return undefined;
    const key = `${target.pointer} ${depth} ${place.shared}`;
    let known = this.definitions.get(key);
    if (known === undefined) {
      known = { name: this.freeName(stepsOf(target.pointer).at(-1) ?? "root"), schema: undefined };
      this.definitions.set(key, known);
      known.schema = this.bounded(target.schema, { depth, shared: place.shared });
      if (known.schema === never) {
        // Nobody refers to it: whoever asked gives up as well.
        known.schema = false;
        return undefined;
      }
    }
    return known.schema === false ? undefined : referenceTo(known.name);
  }

  /** The schema with the ones within it bounded, as far as that keeps it sound. */
  private withinOf(schema: Raw, place: Place): Raw | typeof never {
    const doubled = schema["properties"] !== undefined && schema["patternProperties"] !== undefined;
    const inner = doubled ? { ...place, shared: true } : place;
    const needed: Within[] = [];
    const gone = new Set<string>();
    const result = replaceWithin(schema, (within) => {
      const [keyword] = within.steps;
      if (keyword === "$defs" || keyword === "definitions") return true;
      if (["not", "if", "contains", "contentSchema"].includes(String(keyword))) return this.asItIs(within.schema);
      if (keyword === "oneOf" && !this.mayNarrow(schema)) return this.asItIs(within.schema);
      if (keyword === "propertyNames" && !isObject(within.schema)) return within.schema;
      const bounded = this.bounded(within.schema, inner);
      if (bounded !== never) return bounded;
      if (this.isNeeded(schema, within)) needed.push(within);
      gone.add(within.steps.join("/"));
      return false;
    });
    return needed.length > 0 ? never : (withoutNever(result, gone, place.shared) ?? never);
  }

  /** Whether a value needs what cannot be there. */
  private isNeeded(schema: Raw, { steps: [keyword, at] }: Within): boolean {
    if (keyword === "allOf") return true;
    if (keyword === "properties") return listIn(schema, "required").includes(at);
    const least = numberIn(schema, "minItems") ?? 0;
    if (keyword === "prefixItems") return Number(at) < least;
    return keyword === "items" && listIn(schema, "prefixItems").length < least;
  }

  private mayNarrow(schema: Raw): boolean {
    return areDisjoint(listIn(schema, "oneOf"), (one) => this.recursion.targetOf(one)?.schema);
  }

  private withBounds(schema: Raw, shared: boolean): Raw {
    const { sizes } = this;
    const added: Record<string, unknown> = {};
    const characters = Math.max(sizes.characters, shared ? sizes.floor.characters : 0);
    const { pattern, format } = schema;
    if (speaksOf(schema, "string") && !isListed(schema)) {
      if (typeof pattern === "string") added["pattern"] = commonPattern(pattern);
      const needed = typeof pattern === "string" ? patternLength(pattern) : 0;
      const most = typeof format === "string" && !shared ? sizes.charactersOf(format) : characters;
      const isOpen = schema["maxLength"] === undefined && (format === undefined || !shared);
      if (isOpen && most !== undefined && needed <= most && !ends(pattern))
        added["maxLength"] = Math.max(most, 2 * (numberIn(schema, "minLength") ?? 0));
    }
    if (speaksOf(schema, "array") && !isListed(schema)) {
      const declared = numberIn(schema, "maxItems");
      const prefix = listIn(schema, "prefixItems").length;
      const least = Math.max(numberIn(schema, "minItems") ?? 0, numberIn(schema, "minContains") ?? 0);
      if (declared === undefined) {
        const most = Math.max(sizes.itemsOf(schema["items"]), shared ? sizes.floor.items : 0);
        added["maxItems"] = Math.max(most, least) + prefix;
      } else if (!shared && schema["contains"] === undefined)
        // A list that may have more than an answer holds would be cut off again and again.
        added["maxItems"] = Math.min(declared, Math.max(sizes.itemsThatFit(schema["items"]), least) + prefix);
    }
    if (speaksOf(schema, "object") && !isListed(schema)) Object.assign(added, this.objectBounds(schema, shared));
    return { ...schema, ...added };
  }

  /** Bounds for properties that are not declared. */
  private objectBounds(schema: Raw, shared: boolean): Raw {
    const { properties, patternProperties: patterns, additionalProperties: additional, propertyNames } = schema;
    const declared = isObject(properties) ? Object.keys(properties).length : 0;
    const isOpen =
      patterns !== undefined || (additional === undefined ? properties === undefined : additional !== false);
    if (!isOpen || shared) return {};
    const required = listIn(schema, "required").length;
    const added: Record<string, unknown> = {};
    if (schema["maxProperties"] === undefined)
      added["maxProperties"] =
        Math.max(declared, required, numberIn(schema, "minProperties") ?? 0) + this.sizes.properties;
    if (declared === 0 && required === 0 && patterns === undefined && propertyNames === undefined)
      added["propertyNames"] = { minLength: 1, maxLength: nameCharacters };
    if (additional === undefined && patterns === undefined && schema["unevaluatedProperties"] === undefined)
      added["additionalProperties"] = this.anything({});
    return added;
  }

  /** For a place where any value is allowed: a short text, a number and so on, or a few of these. */
  private anything(schema: true | Raw): JsonSchema {
    const key = "anything";
    if (!this.definitions.has(key)) {
      const scalar = { type: ["string", "number", "boolean", "null"], maxLength: scalarCharacters };
      const list = { type: "array", items: scalar, maxItems: anythingItems };
      const names = { minLength: 1, maxLength: nameCharacters };
      const map = { type: "object", additionalProperties: scalar, propertyNames: names, maxProperties: anythingItems };
      const text = { ...scalar, maxLength: Math.max(scalarCharacters, this.sizes.characters) };
      this.definitions.set(key, { name: this.freeName(key), schema: { anyOf: [text, list, map] } });
    }
    const said = schema === true ? {} : withoutDefinitions(schema);
    return { ...said, $ref: referenceTo(this.definitions.get(key)!.name) };
  }

  /** A part that must not be narrowed; its references lead to the schema itself. */
  private asItIs(part: unknown): unknown {
    const id = idOf(this.root);
    return withReferences(part, this.schemas, (ref) => {
      this.wholeName ??= this.freeName("whole");
      return movedReference(ref, id, referenceTo(this.wholeName));
    });
  }

  private withoutAddress(root: Raw): Raw {
    const bare = fromEntries(Object.entries(root).filter(([keyword]) => keyword !== "$id" && keyword !== "$schema"));
    (this.schemas as Set<Raw>).add(bare);
    return bare;
  }

  private freeName(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.names.has(name); n++) name = `${wanted}-${n}`;
    this.names.add(name);
    return name;
  }
}

function referenceTo(name: string): string {
  return `#${encodePointer(pointerBelow("", "$defs", name))}`;
}
