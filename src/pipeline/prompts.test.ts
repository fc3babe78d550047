import { describe, expect, it } from "vitest";
import { compilePrompt, promptWarnings, withExamples } from "./prompts.js";

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

  it("takes the example of synthetic-data-kit's README as it is printed", () => {
    const printed = `You are creating question-answer pairs for fine-tuning a legal assistant.
Below is a chunk of text about: {summary}...

Create {num_pairs} high-quality question-answer pairs based ONLY on this text.

Return ONLY valid JSON formatted as:
[
  {
    "question": "Detailed legal question?",
    "answer": "Precise legal answer."
  },
  ...
]

Text:
---
{text}
---
`;
    const prompt = compilePrompt("qa_generation", printed);
    expect(prompt.unknown).toEqual([]);
    expect(prompt.render({ summary: "S", num_pairs: "7", text: "T" })).toBe(
      printed.replace("{summary}", "S").replace("{num_pairs}", "7").replace("{text}", "T"),
    );
  });

  it("keeps a name in doubled braces literal where braces are doubled", () => {
    expect(compilePrompt("qa_generation", "{{text}} [{{}}] {text}").render({ text: "T" })).toBe("{text} [{}] T");
  });

  it("tells what looks like a placeholder and is none, also where braces are doubled", () => {
    const prompt = compilePrompt("qa_generation", '{text} {topic} [{{"question": "..."}}] {topic}');
    expect(prompt.unknown).toEqual(["topic"]);
    expect(promptWarnings(prompt)).toHaveLength(1);
    expect(promptWarnings(prompt)[0]).toMatch(/prompts\.qa_generation: \{topic\} is no placeholder/);
    expect(prompt.render({ text: "T" })).toBe('T {topic} [{"question": "..."}] {topic}');
  });

  it("puts examples in front, or where the prompt wants them, and says so in its version", () => {
    const plain = compilePrompt("qa_generation", "Ask about {text}");
    expect(withExamples(plain, "EX").render({ text: "T" })).toBe("EX\n\nAsk about T");
    const placed = withExamples(compilePrompt("qa_generation", "Like {examples}: {text}"), "EX");
    expect(placed.render({ text: "T" })).toBe("Like EX: T");
    expect(withExamples(plain, "EX").version).not.toBe(withExamples(plain, "EY").version);
    expect(withExamples(plain, "EX").version).toMatch(/^qa_generation@[0-9a-f]{12}\+examples@[0-9a-f]{12}$/);
  });
});
