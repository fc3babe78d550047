/**
 * Schemas that no value can satisfy, found by looking: bounds that cross, required properties that must not be there,
 * recursion without an end. What only comes out when schemas are taken together is left to whoever compiles them.
 */
import type { JsonSchema } from "../../backends/backend.js";
import { typeNames } from "./keywords.js";
import { idOf, isObject, localFragment, pointerBelow, pointerOf, type Raw, stepsOf, valueAt } from "./walk.js";

export interface Contradiction {
  /** JSON pointer of the schema that nothing satisfies. */
  pointer: string;
  /** Why, naming keywords. */
  text: string;
}

type TypeName = (typeof typeNames)[number];

/** Keywords that speak of one type only. */
const typeOfKeyword: Readonly<Record<string, TypeName>> = {
  ...named("object", "properties required additionalProperties minProperties maxProperties patternProperties"),
  ...named("array", "items prefixItems minItems maxItems contains minContains maxContains"),
  ...named("string", "minLength maxLength pattern"),
  ...named("number", "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"),
};

function named(type: TypeName, keywords: string): Record<string, TypeName> {
  return Object.fromEntries(keywords.split(" ").map((keyword) => [keyword, type]));
}

/** A schema below another, and where it stands. */
interface Place {
  schema: unknown;
  pointer: string;
}

/** Why a schema has no value: for a reason of its own, or because of one below it. */
type Reason = { text: string } | { because: Place };

/**
 * @param root a schema whose keywords have values of the right kind
 * @returns why no value satisfies it, at the place where that is; undefined where some value may
 */
export function contradictionIn(root: JsonSchema): Contradiction | undefined {
  return new Finder(root).at({ schema: root, pointer: "" });
}

/**
 * @returns contradictions in parts that may be left out, such as an optional property that can never be there; those
 *   that are simply `false` are meant so and not among them
 */
export function contradictionsWithin(root: JsonSchema): Contradiction[] {
  return new Finder(root).all();
}

class Finder {
  private readonly id: string | undefined;
  private readonly places: Place[] = [];
  /** Schemas for which a value of finite size has been found so far. */
  private readonly possible = new Set<Raw>();

  constructor(private readonly root: JsonSchema) {
    this.id = idOf(root);
    this.collect({ schema: root, pointer: "" }, new Set());
    // From the inside out; again, as long as recursion shows more.
    this.places.reverse();
    for (let size = -1; size !== this.possible.size;) {
      size = this.possible.size;
      for (const { schema, pointer } of this.places)
        if (isObject(schema) && !this.possible.has(schema) && this.reasonAt(schema, pointer) === undefined)
          this.possible.add(schema);
    }
  }

  at(start: Place): Contradiction | undefined {
    const seen = new Set<unknown>();
    for (let place = start; ;) {
      const { schema, pointer } = place;
      if (this.isPossible(schema)) return undefined;
      if (!isObject(schema)) return { pointer, text: "it is false: no value is allowed there" };
      if (seen.has(schema)) return { pointer, text: "it needs itself again and again, without an end" };
      seen.add(schema);
      const reason = this.reasonAt(schema, pointer);
      if (reason === undefined) return undefined;
      if ("text" in reason) return { pointer, text: reason.text };
      place = reason.because;
    }
  }

  all(): Contradiction[] {
    const found = new Map<string, Contradiction>();
    for (const place of this.places) {
      if (!isObject(place.schema) || this.isPossible(place.schema)) continue;
      const one = this.at(place);
      if (one !== undefined && !found.has(one.pointer)) found.set(one.pointer, one);
    }
    return [...found.values()];
  }

  private collect(place: Place, seen: Set<Raw>): void {
    const { schema, pointer } = place;
    if (!isObject(schema) || seen.has(schema)) return;
    seen.add(schema);
    this.places.push(place);
    for (const [keyword, value] of Object.entries(schema)) {
      // What must not hold, or only decides, may well be impossible.
      if (["not", "if", "contains"].includes(keyword)) continue;
      for (const below of childrenOf(keyword, value, pointer)) this.collect(below, seen);
    }
    const target = this.target(schema);
    if (target !== undefined) this.collect(target, seen);
  }

  private target(schema: Raw): Place | undefined {
    const { $ref } = schema;
    const fragment = typeof $ref === "string" ? localFragment($ref, this.id) : undefined;
    const pointer = fragment === undefined ? undefined : pointerOf(fragment);
    return pointer === undefined ? undefined : { schema: valueAt(this.root, stepsOf(pointer)), pointer };
  }

  private isPossible(schema: unknown): boolean {
    return isObject(schema) ? this.possible.has(schema) : schema !== false;
  }

  private reasonAt(schema: Raw, pointer: string): Reason | undefined {
    const target = this.target(schema);
    if (target !== undefined && !this.isPossible(target.schema)) return { because: target };
    if (schema["not"] === true || (isObject(schema["not"]) && Object.keys(schema["not"]).length === 0))
      return { text: '"not" forbids every value' };
    for (const below of childrenOf("allOf", schema["allOf"], pointer))
      if (!this.isPossible(below.schema)) return { because: below };
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = childrenOf(keyword, schema[keyword], pointer);
      if (branches.length > 0 && branches.every((one) => !this.isPossible(one.schema)))
        return { because: branches[0]! };
    }
    const types = typesOf(schema);
    const listed = Object.hasOwn(schema, "const") ? [schema["const"]] : schema["enum"];
    if (Array.isArray(listed)) {
      if (listed.length === 0) return { text: '"enum" is empty' };
      return listed.some((value) => types.some((type) => isOfType(value, type)))
        ? undefined
        : {
            text: `${Object.hasOwn(schema, "const") ? '"const"' : '"enum"'} has no value of "type" ${types.join(", ")}`,
          };
    }
    const reasons = types.map((type) => this.reasonFor(type, schema, pointer));
    return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
  }

  private reasonFor(type: TypeName, schema: Raw, pointer: string): Reason | undefined {
    switch (type) {
      case "object":
        return this.objectReason(schema, pointer);
      case "array":
        return this.arrayReason(schema, pointer);
      case "string":
        return crossed(schema, "minLength", "maxLength");
      case "number":
      case "integer":
        return numberReason(schema, type === "integer");
      default:
        return undefined;
    }
  }

  private objectReason(schema: Raw, pointer: string): Reason | undefined {
    const counted = crossed(schema, "minProperties", "maxProperties");
    if (counted !== undefined) return counted;
    const required = Array.isArray(schema["required"]) ? (schema["required"] as unknown[]).map(String) : [];
    const most = numberIn(schema, "maxProperties") ?? Infinity;
    if (required.length > most)
      return { text: `"required" names ${required.length} properties and "maxProperties" allows ${most}` };
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const patterns = isObject(schema["patternProperties"]) ? Object.keys(schema["patternProperties"]) : [];
    for (const name of required) {
      if (Object.hasOwn(properties, name)) {
        const below = { schema: properties[name], pointer: pointerBelow(pointer, "properties", name) };
        if (!this.isPossible(below.schema)) return { because: below };
      } else if (schema["additionalProperties"] === false && patterns.length === 0) {
        return {
          text: `"required" names "${name}", which "properties" does not have and "additionalProperties" forbids`,
        };
      }
    }
    const least = numberIn(schema, "minProperties") ?? 0;
    if (schema["additionalProperties"] === false && patterns.length === 0) {
      const there = Object.values(properties).filter((one) => this.isPossible(one)).length;
      if (there < least) return { text: `"minProperties" asks for ${least} and there are only ${there}` };
    }
    return undefined;
  }

  private arrayReason(schema: Raw, pointer: string): Reason | undefined {
    const counted = crossed(schema, "minItems", "maxItems") ?? crossed(schema, "minContains", "maxContains");
    if (counted !== undefined) return counted;
    const least = numberIn(schema, "minItems") ?? 0;
    const prefix = childrenOf("prefixItems", schema["prefixItems"], pointer);
    for (const below of prefix.slice(0, least)) if (!this.isPossible(below.schema)) return { because: below };
    const items = { schema: schema["items"], pointer: pointerBelow(pointer, "items") };
    if (items.schema !== undefined && least > prefix.length && !this.isPossible(items.schema))
      return { because: items };
    return undefined;
  }
}

function childrenOf(keyword: string, value: unknown, pointer: string): Place[] {
  if (Array.isArray(value)) {
    if (!["allOf", "anyOf", "oneOf", "prefixItems"].includes(keyword)) return [];
    return value.map((schema: unknown, n) => ({ schema, pointer: pointerBelow(pointer, keyword, n) }));
  }
  if (!isObject(value)) return [];
  if (["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"].includes(keyword))
    return Object.entries(value).map(([name, schema]) => ({ schema, pointer: pointerBelow(pointer, keyword, name) }));
  return ["items", "additionalProperties", "propertyNames", "then", "else"].includes(keyword)
    ? [{ schema: value, pointer: pointerBelow(pointer, keyword) }]
    : [];
}

/** The types that are named, or those that the keywords speak of. */
function typesOf(schema: Raw): readonly TypeName[] {
  const { type } = schema;
  if (typeof type === "string") return [type as TypeName];
  if (Array.isArray(type)) return type as TypeName[];
  const spoken = new Set(Object.keys(schema).map((keyword) => typeOfKeyword[keyword]));
  spoken.delete(undefined);
  const listed = Object.hasOwn(schema, "const") || Object.hasOwn(schema, "enum");
  return spoken.size === 0 || listed ? typeNames : [...spoken].filter((one) => one !== undefined);
}

function isOfType(value: unknown, type: TypeName): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

function crossed(schema: Raw, lower: string, upper: string): { text: string } | undefined {
  const [least, most] = [numberIn(schema, lower), numberIn(schema, upper)];
  return least !== undefined && most !== undefined && least > most
    ? { text: `"${lower}" ${least} is more than "${upper}" ${most}` }
    : undefined;
}

function numberReason(schema: Raw, integer: boolean): { text: string } | undefined {
  const lower = bound(schema, ["minimum", "exclusiveMinimum"], 1);
  const upper = bound(schema, ["maximum", "exclusiveMaximum"], -1);
  if (lower === undefined || upper === undefined) return undefined;
  const step = numberIn(schema, "multipleOf") ?? (integer ? 1 : undefined);
  const isOpen = lower.exclusive || upper.exclusive;
  let isEmpty = lower.value > upper.value || (lower.value === upper.value && isOpen);
  if (step !== undefined && !isEmpty && Number.isInteger(step)) {
    const first = Math.ceil(lower.value / step) * step;
    const least = lower.exclusive && first === lower.value ? first + step : first;
    isEmpty = upper.exclusive ? least >= upper.value : least > upper.value;
  }
  const what = integer && step === 1 ? " no integer" : step === undefined ? " nothing" : ` no multiple of ${step}`;
  return isEmpty
    ? { text: `there is${what} between "${lower.keyword}" ${lower.value} and "${upper.keyword}" ${upper.value}` }
    : undefined;
}

interface Bound {
  keyword: string;
  value: number;
  exclusive: boolean;
}

/** The bound that leaves less; `side` is 1 for lower ones and -1 for upper ones. */
function bound(schema: Raw, keywords: readonly [string, string], side: 1 | -1): Bound | undefined {
  const [plain, strict] = keywords.map((keyword, n): Bound | undefined => {
    const value = numberIn(schema, keyword);
    return value === undefined ? undefined : { keyword, value, exclusive: n === 1 };
  });
  if (plain === undefined || strict === undefined) return plain ?? strict;
  return (plain.value - strict.value) * side > 0 ? plain : strict;
}

function numberIn(schema: Raw, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}
