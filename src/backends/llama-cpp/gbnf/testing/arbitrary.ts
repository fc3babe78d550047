/**
 * Random schemas together with a value that is valid for them and that their grammar generates, for property tests.
 */
import fc from "fast-check";

export interface Example {
  schema: { [keyword: string]: unknown };
  example: unknown;
}

/** Decimals of a few digits. */
export function decimalBetween(low: number, high: number): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: 0, max: 3 }), fc.nat(999))
    .map(([whole, digits, part]) => Number(`${whole}.${String(part).padStart(3, "0").slice(0, digits) || "0"}`));
}

const word = fc.string({ unit: "binary", maxLength: 6 });
const key = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.string({ unit: "grapheme", maxLength: 3 }),
  fc.constantFrom('a"b', "\\", "\n", "ü"),
);

const fixed: fc.Arbitrary<Example> = fc.oneof(
  fc.constantFrom<Example>(
    { schema: { type: "boolean" }, example: true },
    { schema: { type: "null" }, example: null },
    { schema: { type: "string", format: "date" }, example: "2024-02-29" },
    { schema: { type: "string", format: "time" }, example: "10:20:30Z" },
    { schema: { type: "string", format: "date-time" }, example: "2023-12-31T23:59:59+01:00" },
    { schema: { type: "string", format: "uuid" }, example: "00000000-0000-4000-8000-0123456789ab" },
    { schema: { type: "string", format: "email" }, example: "someone@example.org" },
    { schema: { type: "string", format: "ipv4" }, example: "127.0.0.1" },
    { schema: { type: "string", pattern: "^[a-z]+(_[0-9]{1,2})?$" }, example: "ab_12" },
    { schema: { type: "string", pattern: "^\\S+$", minLength: 2, maxLength: 5 }, example: 'a"b' },
    { schema: {}, example: [{ a: null }] },
  ),
  fc
    .array(fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), { minLength: 1, maxLength: 4 })
    .map((values) => {
      const distinct = [...new Set(values)].map((value) => (Object.is(value, -0) ? 0 : value));
      return { schema: { enum: distinct }, example: distinct[0] };
    }),
  word.map((value) => ({ schema: { const: { value } }, example: { value } })),
);

const text: fc.Arbitrary<Example> = fc.tuple(word, fc.nat(2), fc.option(fc.nat(3))).map(([example, below, above]) => {
  const length = Array.from(example).length;
  const bounds = { minLength: Math.max(0, length - below), ...(above === null ? {} : { maxLength: length + above }) };
  return { schema: { type: "string", ...bounds }, example };
});

const integer: fc.Arbitrary<Example> = fc
  .tuple(fc.integer({ min: -5000, max: 5000 }), fc.option(fc.nat(200)), fc.option(fc.nat(200)))
  .map(([example, below, above]) => ({
    schema: {
      type: "integer",
      ...(below === null ? {} : { minimum: example - below }),
      ...(above === null ? {} : { exclusiveMaximum: example + above + 1 }),
    },
    example,
  }));

const number: fc.Arbitrary<Example> = fc
  .tuple(decimalBetween(-20, 20), fc.option(fc.nat(30)), fc.option(fc.nat(30)))
  .map(([example, below, above]) => ({
    schema: {
      type: "number",
      ...(below === null ? {} : { minimum: Math.floor(example) - below }),
      ...(above === null ? {} : { maximum: Math.ceil(example) + above + 0.25 }),
    },
    example: Object.is(example, -0) ? 0 : example,
  }));

function objectOf(inner: fc.Arbitrary<Example>): fc.Arbitrary<Example> {
  const member = fc.record({ name: key, value: inner, required: fc.boolean(), present: fc.boolean() });
  const members = fc.uniqueArray(member, { maxLength: 5, selector: ({ name }) => name });
  // Integer-like and magic names would change their place or meaning in a JavaScript object.
  const plain = members.map((all) => all.filter(({ name }) => !/^\d+$/.test(name) && !name.startsWith("__")));
  return fc
    .tuple(plain, fc.constantFrom("closed", "absent", "open", "typed"), fc.boolean())
    .map(([all, extra, counted]) => {
      const there = all.filter(({ required, present }) => required || present);
      const additional = { closed: false, absent: undefined, open: true, typed: { type: "integer" } }[extra];
      return {
        schema: {
          type: "object",
          properties: Object.fromEntries(all.map(({ name, value }) => [name, value.schema])),
          required: all.filter(({ required }) => required).map(({ name }) => name),
          ...(additional === undefined ? {} : { additionalProperties: additional }),
          ...(counted ? { minProperties: Math.min(1, there.length), maxProperties: there.length } : {}),
        },
        example: Object.fromEntries(there.map(({ name, value }) => [name, value.example])),
      };
    });
}

function arrayOf(inner: fc.Arbitrary<Example>): fc.Arbitrary<Example> {
  return fc
    .tuple(fc.array(inner, { maxLength: 2 }), fc.option(inner), fc.nat(3), fc.nat(2), fc.boolean())
    .map(([prefix, rest, count, slack, bounded]) => {
      const example = [
        ...prefix.map((item) => item.example),
        ...(rest ? Array<unknown>(count).fill(rest.example) : []),
      ];
      return {
        schema: {
          type: "array",
          ...(prefix.length > 0 ? { prefixItems: prefix.map((item) => item.schema) } : {}),
          items: rest ? rest.schema : false,
          ...(bounded ? { minItems: Math.max(0, example.length - slack), maxItems: example.length + slack } : {}),
        },
        example,
      };
    });
}

const { any } = fc.letrec<{ any: Example }>((tie) => {
  const inner = tie("any");
  const union = fc.tuple(inner, inner, fc.boolean()).map(([a, b, swapped]) => ({
    schema: { anyOf: swapped ? [b.schema, a.schema] : [a.schema, b.schema] },
    example: a.example,
  }));
  const tagged = fc.tuple(inner, inner).map(([a, b]) => ({
    schema: {
      oneOf: [a, b].map(({ schema }, n) => ({
        type: "object",
        properties: { kind: { const: `k${n}` }, value: schema },
        required: ["kind", "value"],
      })),
    },
    example: { kind: "k1", value: b.example },
  }));
  const both = inner.map(({ schema, example }) => ({ schema: { allOf: [schema, {}], title: "both" }, example }));
  return {
    any: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      fixed,
      text,
      integer,
      number,
      objectOf(inner),
      arrayOf(inner),
      union,
      tagged,
      both,
    ),
  };
});

/** A schema, at times with its content behind a reference or within a recursive list, and an example. */
export const schemaWithExample: fc.Arbitrary<Example> = fc.oneof(
  any,
  any.map(({ schema, example }) => ({ schema: { $defs: { "a/b": schema }, $ref: "#/$defs/a~1b" }, example })),
  any.map(({ schema, example }) => ({
    schema: {
      $defs: {
        list: {
          type: "object",
          properties: { head: schema, tail: { $ref: "#/$defs/list" } },
          required: ["head"],
        },
      },
      $ref: "#/$defs/list",
    },
    example: { head: example, tail: { head: example } },
  })),
);
