import { expect, test } from "vitest";
import { cleanText, tidyText } from "./clean.js";

test("cleanText removes what no reader sees and keeps every other character", () => {
  expect(cleanText("\ufeffa\r\nb\rc\0d\u001be\u007f")).toBe("a\nb\ncde");
  expect(cleanText("e\u0301 \u200d ﬁ \u00a0 \u2028 👩‍👧")).toBe("e\u0301 \u200d ﬁ \u00a0 \u2028 👩‍👧");
  expect(cleanText("\ud83d\ude00 \ude00 \ud83d")).toBe("\ud83d\ude00 \ufffd \ufffd");
});

test("tidyText removes empty lines and spaces that mean nothing", () => {
  expect(tidyText("\n\n  a  \n\n\n\nb\u00a0\n\n")).toBe("  a\n\nb");
  expect(tidyText(" \n ")).toBe("");
});
