/** How long strings and lists may become, so that a whole value fits its tokens. */
import type { JsonSchema } from "../../backends/backend.js";
import { isObject, type Raw, schemasOf } from "./walk.js";
import { listIn, type Recursion } from "./recursion.js";

/** Of JSON, in which quotes and brackets are tokens of their own. */
const charactersPerToken = 3;
const fewestCharacters = 40;
const mostCharacters = 8000;
const fewestItems = 3;
const mostItems = 20;
/** Items that a list without bounds is reckoned to have. */
const usualItems = 3;
/** Characters that a number, a date or another short value is reckoned to take. */
const shortValue = 12;

export interface Sizes {
  /** Characters of a string that says nothing of its length. */
  characters: number;
  /** Items of an array, further properties of an object. */
  items: number;
  /** Least bounds where several schemas hold for one value, one of which may ask for as much. */
  floor: { characters: number; items: number };
}

/** @param tokens of the whole value */
export function sizesFor(root: JsonSchema, tokens: number, recursion: Recursion): Sizes {
  const characters = tokens * charactersPerToken;
  const { fixed, free } = new Measuring(recursion).of(root);
  const share = Math.floor((characters - fixed) / Math.max(1, free));
  const perString = Math.max(fewestCharacters, Math.min(mostCharacters, share));
  const all = [...schemasOf(root)];
  return {
    characters: perString,
    items: Math.max(fewestItems, Math.min(mostItems, Math.floor(characters / 120))),
    floor: {
      characters: Math.max(0, ...all.map(charactersAsked)),
      items: Math.max(0, ...all.map(itemsAsked)),
    },
  };
}

/** What a usual value takes: characters whose number is known, and strings that are as long as they are let. */
interface Measure {
  fixed: number;
  free: number;
}

class Measuring {
  private readonly known = new Map<unknown, Measure>();

  constructor(private readonly recursion: Recursion) {}

  of(schema: unknown): Measure {
    const short = { fixed: shortValue, free: 0 };
    if (!isObject(schema)) return short;
    let measure = this.known.get(schema);
    if (measure === undefined) {
      // What a recursive schema has below itself is not reckoned with.
      this.known.set(schema, short);
      measure = this.measured(schema);
      this.known.set(schema, measure);
    }
    return measure;
  }

  private measured(schema: Raw): Measure {
    const listed = Object.hasOwn(schema, "const") ? [schema["const"]] : listIn(schema, "enum");
    if (listed.length > 0) return { fixed: Math.max(...listed.map((value) => JSON.stringify(value).length)), free: 0 };
    const target = this.recursion.targetOf(schema);
    const parts = [...(target === undefined ? [] : [target.schema]), ...listIn(schema, "allOf")].map((one) =>
      this.of(one),
    );
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = listIn(schema, keyword).map((one) => this.of(one));
      // The largest that may be chosen.
      if (branches.length > 0) parts.push(branches.reduce((a, b) => (weight(b) > weight(a) ? b : a)));
    }
    const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
    for (const [name, inner] of properties) parts.push({ fixed: name.length + 6, free: 0 }, this.of(inner));
    const prefix = listIn(schema, "prefixItems");
    parts.push(...prefix.map((one) => this.of(one)));
    const times = timesOf(schema, prefix.length);
    for (const keyword of ["items", "additionalProperties"])
      if (isObject(schema[keyword])) parts.push(scaled(this.of(schema[keyword]), times));
    if (parts.length > 0) return parts.reduce((a, b) => ({ fixed: a.fixed + b.fixed, free: a.free + b.free }));
    return isFreeString(schema) ? { fixed: 2, free: 1 } : { fixed: knownLength(schema), free: 0 };
  }
}

function weight({ fixed, free }: Measure): number {
  return fixed + 100 * free;
}

function scaled({ fixed, free }: Measure, times: number): Measure {
  return { fixed: fixed * times, free: free * times };
}

function timesOf(schema: Raw, prefix: number): number {
  const least = numberIn(schema, "minItems") ?? 0;
  const most = numberIn(schema, "maxItems") ?? Infinity;
  return Math.max(0, Math.min(Math.max(least, usualItems), most) - prefix);
}

function isFreeString(schema: Raw): boolean {
  const { type, format } = schema;
  const isString = type === undefined || type === "string" || (Array.isArray(type) && type.includes("string"));
  return isString && format === undefined && (numberIn(schema, "maxLength") ?? Infinity) > fewestCharacters;
}

function knownLength(schema: Raw): number {
  return Math.min(fewestCharacters, numberIn(schema, "maxLength") ?? shortValue);
}

/** Characters that a schema asks for. */
function charactersAsked(schema: Raw): number {
  const listed = [schema["const"], ...listIn(schema, "enum")].filter((value) => value !== undefined);
  return Math.max(
    numberIn(schema, "minLength") ?? 0,
    typeof schema["pattern"] === "string" ? patternLength(schema["pattern"]) : 0,
    ...listed.map((value) => JSON.stringify(value).length),
  );
}

function itemsAsked(schema: Raw): number {
  const listed = [schema["const"], ...listIn(schema, "enum")].filter((value) => value !== undefined);
  return Math.max(
    numberIn(schema, "minItems") ?? 0,
    numberIn(schema, "minContains") ?? 0,
    listIn(schema, "prefixItems").length,
    ...listed.map((value) => (Array.isArray(value) ? value.length : 0)),
  );
}

/** At least the characters that the shortest match of a pattern has: one for each of its letters, times its counts. */
export function patternLength(pattern: string): number {
  const counts = [...pattern.matchAll(/\{(\d+)/g)].map(([, count]) => Math.max(1, Number(count)));
  return counts.reduce((product, count) => product * count, pattern.length);
}

export function numberIn(schema: Raw, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}
