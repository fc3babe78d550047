import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonEndDetector } from "./json-end.js";

describe("JsonEndDetector", () => {
  it("finds the end of any object or array, however it is cut into pieces, and not before", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 7 }),
        (value, step) => {
          const text = JSON.stringify(value);
          const detector = new JsonEndDetector();
          for (let at = 0; at < text.length; at += step) {
            const ended = detector.push(text.slice(at, at + step));
            expect(ended).toBe(at + step >= text.length);
          }
        },
      ),
    );
  });

  it("is not misled by brackets and quotes in strings", () => {
    const detector = new JsonEndDetector();
    expect(detector.push('{"a": "}]\\"}", "b": ["\\\\"')).toBe(false);
    expect(detector.push("]")).toBe(false);
    expect(detector.push("}")).toBe(true);
  });

  it("does not end a bare number, whose end only the model knows", () => {
    expect(new JsonEndDetector().push("12")).toBe(false);
  });
});
