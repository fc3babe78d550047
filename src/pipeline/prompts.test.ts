import { describe, expect, it } from "vitest";
import { compilePrompt } from "./prompts.js";

describe("compilePrompt", () => {
  it("replaces placeholders and leaves every other brace", () => {
    const prompt = compilePrompt("qa_generation", 'Give {num_pairs}: [{"question": {"a": {}}}] {other}\n{text}');
    expect(prompt.render({ text: "T {num_pairs}", num_pairs: "3" })).toBe(
      'Give 3: [{"question": {"a": {}}}] {other}\nT {num_pairs}',
    );
  });

  it("takes prompts that double their literal braces", () => {
    const prompt = compilePrompt("qa_generation", '[{{"question": "...", "answer": "..."}}]\n{text}');
    expect(prompt.render({ text: "T" })).toBe('[{"question": "...", "answer": "..."}]\nT');
  });

  it("refuses a prompt without the placeholder it needs, by name", () => {
    expect(() => compilePrompt("qa_generation", "no text")).toThrow(
      /prompts\.qa_generation has no placeholder \{text\}/,
    );
    expect(() => compilePrompt("qa_rating", "{text} {question}")).toThrow(/prompts\.qa_rating/);
    expect(() => compilePrompt("qa_rating", "{pairs}")).not.toThrow();
  });

  it("has a version that changes with the text", () => {
    const versions = ["{text}", "{text} "].map((text) => compilePrompt("summary", text).version);
    expect(new Set(versions).size).toBe(2);
  });

  it("does not read patterns of replacement in a value", () => {
    expect(compilePrompt("summary", "{text}").render({ text: "$& $1 $$" })).toBe("$& $1 $$");
  });
});
