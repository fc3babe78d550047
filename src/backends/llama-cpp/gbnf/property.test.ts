import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compileValidator } from "../../../pipeline/schema/validate.js";
import { schemaToGbnf } from "./index.js";
import { dumps } from "./json.js";
import { decimalBetween, schemaWithExample } from "./testing/arbitrary.js";
import { Matcher } from "./testing/matcher.js";
import { seeded } from "./testing/random.js";

const letter = fc.constantFrom("a", "b", "[ab]", "[^a]", ".", "\\d", "\\W", "-", "\\n", "é", "\\u{1F600}");
const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { depthSize: "small" },
    letter,
    fc.tuple(letter, fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,3}", "*?")).map((parts) => parts.join("")),
    fc.tuple(tie("pattern"), fc.constantFrom("", "*", "+", "?", "{2,3}")).map(([inner, times]) => `(${inner})${times}`),
  ),
  pattern: fc
    .array(fc.array(tie("piece"), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((branches) => branches.map((branch) => branch.join("")).join("|")),
}));

describe("grammars of random schemas", () => {
  it("generate valid JSON only, and accept what is valid", () => {
    fc.assert(
      fc.property(schemaWithExample, fc.integer(), ({ schema, example }, seed) => {
        const { grammar, checkedAfterwards } = schemaToGbnf(schema);
        const matcher = new Matcher(grammar);
        const validate = compileValidator(schema);
        expect(validate(example)).toEqual({ valid: true });
        expect([dumps(example), matcher.accepts(dumps(example))]).toEqual([dumps(example), true]);
        const random = seeded(seed);
        for (let n = 0; n < 20; n++) {
          const text = matcher.generate(random);
          const value: unknown = JSON.parse(text);
          if (checkedAfterwards.length === 0) expect([text, validate(value)]).toEqual([text, { valid: true }]);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("enforce bounds of integers exactly", () => {
    const bound = fc.oneof(fc.integer({ min: -1200, max: 1200 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(bound, bound, bound, fc.boolean(), fc.boolean(), (a, b, value, exclusive, open) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b) + 2];
        const schema = {
          type: "integer",
          [exclusive ? "exclusiveMinimum" : "minimum"]: low,
          ...(open ? {} : { [exclusive ? "exclusiveMaximum" : "maximum"]: high }),
        };
        const matcher = new Matcher(schemaToGbnf(schema).grammar);
        const validate = compileValidator(schema);
        for (const near of [value, low, high, low - 1, low + 1, high - 1, high + 1]) {
          // Beyond 15 digits nothing is generated where less would do.
          if (Math.abs(near) > 999999999999999) continue;
          expect([near, matcher.accepts(String(near))]).toEqual([near, validate(near).valid]);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it("enforce bounds of numbers exactly", () => {
    const bound = decimalBetween(-30, 30);
    fc.assert(
      fc.property(
        bound,
        bound,
        bound,
        fc.constantFrom("minimum", "exclusiveMinimum"),
        fc.constantFrom("", "maximum", "exclusiveMaximum"),
        fc.integer(),
        (a, b, value, lower, upper, seed) => {
          const [low, high] = [Math.min(a, b), Number((Math.max(a, b) + 0.5).toFixed(3))];
          const schema = { type: "number", [lower]: low, ...(upper === "" ? {} : { [upper]: high }) };
          const { grammar, checkedAfterwards } = schemaToGbnf(schema);
          expect(checkedAfterwards).toEqual([]);
          const matcher = new Matcher(grammar);
          const validate = compileValidator(schema);
          for (const near of [value, low, high, Math.ceil(low), Math.floor(high), 0]) {
            expect([near, matcher.accepts(String(near))]).toEqual([near, validate(near).valid]);
          }
          const random = seeded(seed);
          for (let n = 0; n < 30; n++) {
            const text = matcher.generate(random);
            expect([text, validate(JSON.parse(text))]).toEqual([text, { valid: true }]);
          }
        },
      ),
      { numRuns: 80 },
    );
  }, 60_000);

  it("enforce multiples within bounds", () => {
    const step = fc.constantFrom(2, 3, 5, 7, 10, 12, 25, 100, 0.5, 0.25, 0.1, 0.01, 1.5, 0.125);
    const bound = fc.option(decimalBetween(-20_000, 20_000));
    fc.assert(
      fc.property(
        step,
        bound,
        bound,
        fc.boolean(),
        fc.boolean(),
        fc.integer(),
        (multipleOf, a, b, strict, integer, seed) => {
          const [low, high] = a !== null && b !== null ? [Math.min(a, b), Math.max(a, b) + 3 * multipleOf] : [a, b];
          const schema = {
            type: integer ? "integer" : "number",
            multipleOf,
            ...(low === null ? {} : { [strict ? "exclusiveMinimum" : "minimum"]: low }),
            ...(high === null ? {} : { maximum: high }),
          };
          let compiled;
          try {
            compiled = schemaToGbnf(schema);
          } catch {
            return;
          }
          const matcher = new Matcher(compiled.grammar);
          const validate = compileValidator(schema);
          const random = seeded(seed);
          for (let n = 0; n < 20; n++) {
            const made: unknown = JSON.parse(matcher.generate(random));
            if (compiled.checkedAfterwards.length === 0)
              expect([schema, made, validate(made)]).toEqual([schema, made, { valid: true }]);
          }
          for (let n = -3; n <= 3; n++) {
            const near = Number((Math.round((low ?? high ?? 0) / multipleOf + n) * multipleOf).toFixed(3)) + 0;
            const text = String(near);
            if (validate(near).valid) expect([schema, text, matcher.accepts(text)]).toEqual([schema, text, true]);
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it("keep patterns and lengths together", () => {
    fc.assert(
      fc.property(pattern, fc.nat(8), fc.nat(12), fc.integer(), (inner, least, more, seed) => {
        fc.pre(inner.length <= 40);
        const schema = { type: "string", pattern: `^(?:${inner})$`, minLength: least, maxLength: least + more };
        let compiled;
        try {
          compiled = schemaToGbnf(schema);
        } catch {
          return;
        }
        if (compiled.checkedAfterwards.length > 0) return;
        const matcher = new Matcher(compiled.grammar);
        const validate = compileValidator(schema);
        const random = seeded(seed);
        for (let n = 0; n < 10; n++) {
          const made: unknown = JSON.parse(matcher.generate(random, 15));
          expect([schema, made, validate(made)]).toEqual([schema, made, { valid: true }]);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("match the same strings as the pattern", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "c", "-", "1", "\n", '"', "\\", "é", "😀"),
      maxLength: 5,
    });
    const anchored = fc.tuple(pattern, fc.constantFrom("()", "^()$", "^()", "()$", "^(?:)$"));
    fc.assert(
      fc.property(
        anchored,
        fc.array(text, { minLength: 10, maxLength: 20 }),
        fc.integer(),
        ([inner, around], texts, seed) => {
          const source = around.replace(")", () => `${inner})`);
          // Repetitions of repetitions take the matcher of these tests, which tries every way, minutes.
          fc.pre(inner.length <= 40 && (inner.match(/\)[*+?{]/g) ?? []).length <= 1);
          const { grammar, checkedAfterwards } = schemaToGbnf({ type: "string", pattern: source });
          expect(checkedAfterwards).toEqual([]);
          const matcher = new Matcher(grammar);
          const regex = new RegExp(source, "u");
          for (const candidate of texts) {
            expect([source, candidate, matcher.accepts(JSON.stringify(candidate))]).toEqual([
              source,
              candidate,
              regex.test(candidate),
            ]);
          }
          const random = seeded(seed);
          for (let n = 0; n < 5; n++) {
            const made = JSON.parse(matcher.generate(random, 15)) as string;
            if (made.length < 40) expect([source, made, regex.test(made)]).toEqual([source, made, true]);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  }, 60_000);
});
