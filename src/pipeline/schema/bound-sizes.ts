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

/** Characters that a string reckons with where it is as long as it is let. */
const usualString = 60;
/** Most characters of texts whose format says how they are made and not how long they are. */
const longestOfFormat: Readonly<Record<string, number>> = {
  email: 64,
  hostname: 48,
  uri: 120,
  url: 120,
  "uri-reference": 120,
  "uri-template": 120,
  "json-pointer": 60,
  "json-pointer-uri-fragment": 60,
  "relative-json-pointer": 60,
  byte: 160,
  regex: 60,
};
/** What the shortest of them takes, and some more. */
const shortestOfFormat = 32;

export interface Sizes {
  /** Characters of a string that says nothing of its length. */
  characters: number;
  /** Characters of a string of a format, undefined where the format itself ends. */
  charactersOf: (format: string) => number | undefined;
  /** Further properties of an object. */
  properties: number;
  /** Items of an array, by their schema. */
  itemsOf: (item: unknown) => number;
  /** Items that fit even where their numbers have many digits, by their schema; for an array that says how many it may have. */
  itemsThatFit: (item: unknown) => number;
  /** Least bounds where several schemas hold for one value, one of which may ask for as much. */
  floor: { characters: number; items: number };
}

/** @param tokens of the whole value */
export function sizesFor(root: JsonSchema, tokens: number, recursion: Recursion): Sizes {
  const characters = tokens * charactersPerToken;
  const measuring = new Measuring(recursion);
  const { fixed, free } = measuring.of(root);
  const share = Math.floor((characters - fixed) / Math.max(1, free));
  const perString = Math.max(fewestCharacters, Math.min(mostCharacters, share));
  const all = [...schemasOf(root)];
  const fitting = (item: unknown): number => {
    const one = measuring.of(item);
    const fits = characters / (one.fixed + one.free * usualString + 2);
    // Each of them may have as many again.
    return recursion.isWithin(item) ? Math.sqrt(fits) : fits;
  };
  const clamp = (items: number): number => Math.max(fewestItems, Math.min(mostItems, Math.floor(items)));
  return {
    characters: perString,
    charactersOf: (format) => {
      const longest = Object.hasOwn(longestOfFormat, format) ? longestOfFormat[format] : undefined;
      return longest && Math.max(shortestOfFormat, Math.min(longest, perString));
    },
    properties: clamp(characters / 120),
    itemsOf: (item) => clamp(fitting(item)),
    itemsThatFit: (item) => Math.max(1, Math.floor(fitting(item) / 3)),
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

  constructor(private readonly recursion: Recursion) {
    // What recursive schemas take, with what they hold once.
    const once = recursion.all.map((schema) => [schema, this.of(schema)] as const);
    this.known.clear();
    for (const [schema, measure] of once) this.known.set(schema, measure);
    const twice = recursion.all.map((schema) => [schema, this.measured(schema)] as const);
    this.known.clear();
    for (const [schema, measure] of twice) this.known.set(schema, measure);
  }

  of(schema: unknown): Measure {
    const short = { fixed: shortValue, free: 0 };
    if (!isObject(schema)) return short;
    let measure = this.known.get(schema);
    if (measure === undefined) {
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
    if (isFreeString(schema)) return { fixed: 2, free: 1 };
    const longest = longestOfFormat[String(schema["format"])];
    return { fixed: longest === undefined ? knownLength(schema) : shortestOfFormat, free: 0 };
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

/**
 * At least as many characters as the shortest match of a pattern has: one for each character or class that may not be
 * missing, times the counts.
 */
export function patternLength(pattern: string): number {
  const atoms = pattern
    .replace(/\(\?(?:[=!]|<[=!])[^()]*\)/g, "")
    .replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, "x")
    .replace(/[^()](?:[*?]|\{0,\d*\})/gu, "");
  const counts = [...atoms.matchAll(/\{(\d+)/g)].map(([, count]) => Math.max(1, Number(count)));
  const plain = atoms.replace(/\{\d+(?:,\d*)?\}|\(\?:|[()|^$+*?]/g, "");
  return counts.reduce((product, count) => product * count, Array.from(plain).length);
}

export function numberIn(schema: Raw, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}
