import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spread } from "./allocate.js";

describe("spread", () => {
  it("gives exactly what is asked, evenly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 200 }), (amount, places) => {
        const shares = spread(amount, places);
        expect(shares).toHaveLength(places);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(amount);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("spreads few over the whole document and not over its head", () => {
    const places = spread(3, 9).flatMap((share, i) => (share > 0 ? [i] : []));
    expect(places).toEqual([1, 4, 7]);
  });

  it("keeps to the most a place may hold", () => {
    expect(spread(10, 3, 2)).toEqual([2, 2, 2]);
  });
});
