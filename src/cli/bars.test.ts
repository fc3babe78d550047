import { expect, it } from "vitest";
import { bars } from "./bars.js";

it("draws the longest bar in full and the others in proportion", () => {
  const [one, two, none] = bars(
    [
      { label: "1", value: 50.4 },
      { label: "16", value: 100 },
      { label: "2", value: 0 },
    ],
    "tokens/s",
  );
  expect(two).toBe(`16 ${"█".repeat(40)} 100 tokens/s`);
  expect(one).toMatch(/^ 1 █{20}▏ 50 tokens\/s$/);
  expect(none).toBe(" 2  0 tokens/s");
});

it("stands all zeros", () => {
  expect(bars([{ label: "1", value: 0 }], "x")).toEqual(["1  0 x"]);
});
