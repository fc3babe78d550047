import { describe, expect, it } from "vitest";
import { problemsOf } from "./index.js";
import { findLoop } from "./repetition.js";

/** Reasons for which a pair would be dropped. */
const hard = (question: string, answer: string) =>
  problemsOf(question, answer, answer)
    .filter(({ mild }) => mild !== true)
    .map(({ reason }) => reason);
const mild = (question: string, answer: string) =>
  problemsOf(question, answer, answer)
    .filter((problem) => problem.mild === true)
    .map(({ reason }) => reason);
const good = "It was built in 1820.";

describe("a pair that speaks of its text", () => {
  it.each([
    "According to the text, when was it built?",
    "What does the passage say about mills?",
    "Which year is mentioned in the given document?",
    "Laut dem Text: wann wurde die Mühle gebaut?",
    "Selon le texte, quand le moulin a-t-il été construit ?",
    "Según el texto, ¿cuándo se construyó el molino?",
    "Secondo il testo, quando fu costruito il mulino?",
    "De acordo com o texto, quando foi construído o moinho?",
    "Volgens de tekst, wanneer werd de molen gebouwd?",
    "根据文章，磨坊是什么时候建的？",
  ])("%s", (question) => {
    expect(hard(question, good)).toEqual(["the question speaks of its text"]);
  });

  it("is told in the answer too, and when it speaks of a figure", () => {
    expect(hard("When was it built?", "As mentioned above, in 1820.")).toEqual(["the answer speaks of its text"]);
    expect(hard("What does the mill make, as seen in Figure 3?", good)).toEqual([
      "the question speaks of a figure, table or section",
    ]);
  });

  it("is only flagged where it may mean another text", () => {
    expect(hard("How do I save the document in Word?", "Press Ctrl and S.")).toEqual([]);
    expect(mild("Who is the author?", good)).toEqual(["the question may speak of its text"]);
  });
});

describe("something else in a pair", () => {
  it.each([
    ["As an AI language model, I cannot have opinions.", "the answer has the model speaking of itself or its task"],
    ["Sure! Here is the answer: 1820.", "the answer has the model speaking of itself or its task"],
    ["In 1820.<|im_end|>", "the answer has leftovers of a template"],
    ["Answer: in 1820.", "the answer has leftovers of a template"],
    ["It was built by [insert name here].", "the answer has leftovers of a template"],
    ["...", "the answer has leftovers of a template"],
    ['In 1820."}]', "the answer has leftovers of JSON"],
    ['{"answer": "In 1820."}', "the answer has leftovers of JSON"],
    ["When was the mill built?", "the answer is the question again"],
    ["Look at this:\n```js\nlet a = 1;", "the answer ends within a block of code"],
    ["the mill and the mill and the mill and the mill and the mill and", "the answer goes round in circles"],
  ])("%s", (answer, reason) => {
    expect(hard("When was the mill built?", answer)).toContain(reason);
  });

  it("is cut off where a sentence cannot end", () => {
    const long =
      "The mill was built in 1820 by a family of bakers who had come from the north and wanted to grind rye ";
    expect(hard("What is known?", `${long}with the`)).toEqual(["the answer is cut off"]);
    expect(mild("What is known?", `${long}themselves`)).toEqual(["the answer does not end as a sentence does"]);
    expect(problemsOf("What is known?", `${long}themselves.`, "")).toEqual([]);
  });
});

describe("a pair that is in order", () => {
  it.each([
    ["When was the mill built?", "1820"],
    ["Explain how a mill works.", "Stones grind the grain. The wind turns them."],
    ["Wie funktioniert eine Mühle?", "Steine mahlen das Korn."],
    ["¿Cómo funciona un molino?", "Las piedras muelen el grano."],
    ["磨坊是如何工作的？", "石头磨碎谷物。"],
    ["How do I print in Python?", "```python\nprint({'a': 1})\n```"],
    ["List three grains.", "- rye\n- wheat\n- oats"],
    ["What is 2 + 2?", "4"],
    ["Which answer did the oracle give?", "It said: “Know thyself.”"],
  ])("%s", (question, answer) => {
    expect(problemsOf(question, answer, answer)).toEqual([]);
  });
});

it("loops are told from lists and tables", () => {
  expect(findLoop("no no no no no no no")).toMatchObject({ turn: "no" });
  expect(findLoop("very, very good")).toBeUndefined();
  expect(findLoop("0 0 0 0 0 0 0 0 0 0 0 0")).toBeUndefined();
  expect(findLoop("他来了他来了他来了他来了他来了")).toBeDefined();
  expect(findLoop("")).toBeUndefined();
});
