import { describe, expect, it } from "vitest";
import { questionType, type QuestionType } from "./question-types.js";

const cases: Record<string, QuestionType> = {
  "What is the capital of France?": "what",
  "what's rye": "what",
  "  “Why do tides rise?”": "why",
  "How does a hand mill work?": "how",
  "How many stones has it?": "how many",
  "How much does it cost?": "how many",
  "When was it built?": "when",
  "Where does the grain come from?": "where",
  "Who turns the stone?": "who",
  "Which stone turns?": "which",
  "In which century was it built?": "which",
  "Explain how the moon makes tides.": "explain",
  "Please explain the process.": "explain",
  "Can you describe the mill?": "explain",
  "What is the difference between rye and wheat?": "compare",
  "Compare rye and wheat.": "compare",
  "Define photosynthesis.": "define",
  "List three uses of bread.": "list",
  "Is the lower stone still?": "yes or no",
  "Does it rain?": "yes or no",
  "Was the mill built of stone?": "yes or no",
  "Summarize the passage.": "instruction",
  "On what date did it begin?": "what",
  "Bread and butter": "other",
  "": "other",
  "???": "other",
  "Warum steigt das Wasser?": "why",
  "Wie viele Steine hat die Mühle?": "how many",
  "Wie funktioniert eine Mühle?": "how",
  "Was ist Roggen?": "what",
  "Worin liegt der Unterschied zwischen Roggen und Weizen?": "compare",
  "Ist der untere Stein fest?": "yes or no",
  "Pourquoi la mer monte-t-elle ?": "why",
  "Comment fonctionne un moulin ?": "how",
  "Qu'est-ce que le seigle ?": "what",
  "¿Cuántas piedras tiene?": "how many",
  "¿Por qué sube el mar?": "why",
  "¿Quién gira la piedra?": "who",
  "Quando foi construído?": "when",
  "Dove si trova il mulino?": "where",
  "Почему поднимается вода?": "why",
  "Кто вращает камень?": "who",
  "什么是机器学习？": "what",
  "为什么海水会上升？": "why",
  "这两种方法有什么区别？": "compare",
  "石臼とは何ですか？": "what",
  "なぜ海は満ちるのですか？": "why",
  "왜 바닷물이 올라오나요?": "why",
  "ما هي عاصمة فرنسا؟": "what",
  "لماذا يرتفع البحر؟": "why",
  "समुद्र क्यों उठता है?": "other",
};

describe("questionType", () => {
  it.each(Object.entries(cases))("%s: %s", (question, type) => {
    expect(questionType(question)).toBe(type);
  });

  it("takes very long and hostile questions in its stride", () => {
    expect(questionType(`${"(".repeat(100_000)}what`)).toBe("other");
    expect(questionType("please ".repeat(100_000))).toBe("other");
    expect(questionType("\0<script>alert(1)</script>")).toBe("other");
  });
});
