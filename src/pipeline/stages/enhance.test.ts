import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createWith, obliging, promptOf } from "../../../test/support/create.js";
import { readRecords } from "../records/read.js";

const pairs = {
  summary: "S",
  qa_pairs: [
    { question: "What is a mill?", answer: "A machine\nthat grinds.", rating: 9, provenance: { chunk: 0 } },
    { question: "Why stone?", answer: 'It is C:\\hard "and" heavy.' },
    { question: "Done?", answer: "Yes.", reasoning: "It was done before." },
  ],
  source: { document: "m.txt", chunks: [{ index: 0, text: "t" }] },
};
const conversations = [
  {
    conversations: [
      { role: "system", content: "You are a miller." },
      { role: "user", content: "What is flour?" },
      { role: "assistant", content: "Ground grain." },
      { role: "user", content: "And bran?" },
      { role: "assistant", content: "What is sifted out." },
    ],
    topic: "mills",
  },
];
interface Enhanced {
  cot_examples: { question: string; reasoning?: string; answer: string; enhancement: Record<string, unknown> }[];
  conversations: { role: string; content: string }[][];
  source: unknown;
  summary: string;
}

describe("cot-enhance", () => {
  it("puts reasoning before answers that stay as they are, and leaves reasoned ones alone", async () => {
    const made = await createWith({ files: { "m.json": pairs }, type: "cot-enhance", answer: obliging });
    expect(made.exitCode).toBe(0);
    expect(made.backend.requests).toHaveLength(2);
    const file = await made.read<Enhanced>("m_enhanced.json");
    expect(file.cot_examples.map(({ question, answer }) => ({ question, answer }))).toEqual(
      pairs.qa_pairs.map(({ question, answer }) => ({ question, answer })),
    );
    expect(file.cot_examples[0]).toMatchObject({ rating: 9, provenance: { chunk: 0 }, enhancement: { model: "fake" } });
    expect(file.cot_examples[0]!.reasoning).toMatch(/^Step \d+/);
    expect(file.cot_examples[2]).toMatchObject({
      reasoning: "It was done before.",
      enhancement: { left: "it has reasoning" },
    });
    const last = file.conversations[1]!.at(-1)!;
    expect(last.content).toBe(
      `Let me think through this step by step:\n\n${file.cot_examples[1]!.reasoning!}\n\nSo the answer is: ${pairs.qa_pairs[1]!.answer}`,
    );
    expect([file.source, file.summary]).toEqual([pairs.source, "S"]);
    expect(made.result.counts).toMatchObject({ "records enhanced": 2, "left as they are: it has reasoning": 1 });
    const again = await readRecords(path.join(made.folder, "out/m_enhanced.json"));
    expect(again.kind).toBe("cot_examples");
    expect([again.records.length, again.unusable.length]).toEqual([3, 0]);
  });

  it("asks for the reasoning only, never the answer again", async () => {
    const made = await createWith({ files: { "m.json": pairs }, type: "cot-enhance", answer: obliging });
    for (const request of made.backend.requests)
      expect(Object.keys((request.schema as { properties: object }).properties)).toEqual(["reasoning"]);
    expect(promptOf(made.backend.requests[0]!)).toContain("Reasoning for simple answers too: true");
    expect(promptOf(made.backend.requests[0]!)).toContain(JSON.stringify("A machine\nthat grinds."));
  });

  it("reasons in every assistant's turn of a conversation, and keeps roles, system prompt and other keys", async () => {
    const made = await createWith({ files: { "c.json": conversations }, type: "cot-enhance", answer: obliging });
    expect(made.backend.requests).toHaveLength(2);
    // The model sees no more than what stands before the answer, and the answer.
    expect(made.backend.requests.filter((request) => promptOf(request).includes("And bran?"))).toHaveLength(1);
    const file = await made.read<{ conversations: (typeof conversations)[number][] }>("c_enhanced.json");
    const [only] = file.conversations;
    expect(only).toMatchObject({ topic: "mills" });
    const before = conversations[0]!.conversations;
    expect(only!.conversations.map((turn) => turn.role)).toEqual(before.map((turn) => turn.role));
    for (const [i, turn] of only!.conversations.entries())
      if (turn.role === "assistant") {
        expect(turn.content).toMatch(/^Let me think/);
        expect(turn.content.endsWith(`\n\nSo the answer is: ${before[i]!.content}`)).toBe(true);
      } else expect(turn).toEqual(before[i]);
    expect((await readRecords(path.join(made.folder, "out/c_enhanced.json"))).kind).toBe("conversations");
  });

  it("enhances the first -n, and passes the others on", async () => {
    const many = Array.from({ length: 5 }, (_, i) => ({ question: `Question ${i}?`, answer: `Answer ${i}.` }));
    for (const setup of [{ amount: { total: 2 } }, { generation: { num_cot_enhance_examples: 2 } }]) {
      const made = await createWith({ files: { "p.json": many }, type: "cot-enhance", answer: obliging, ...setup });
      const { cot_examples } = await made.read<Enhanced>("p_enhanced.json");
      expect(cot_examples.map((one) => one.reasoning !== undefined)).toEqual([true, true, false, false, false]);
      expect(made.exitCode).toBe(0);
    }
  });

  it("keeps the original where nothing can be made, marked and counted, and ends with 3", async () => {
    const made = await createWith({
      files: { "m.json": pairs },
      type: "cot-enhance",
      generation: { retries: 1 },
      answer: (request, call) =>
        promptOf(request).includes("Why stone?") ? '{"reasoning": "  "}' : obliging(request, call),
    });
    expect(made.exitCode).toBe(3);
    const { cot_examples } = await made.read<Enhanced>("m_enhanced.json");
    expect(cot_examples[1]).toEqual({ ...pairs.qa_pairs[1], enhancement: { failed: "the reasoning is empty" } });
    expect(made.result.counts).toMatchObject({ "kept as they were: no usable answer": 1, "records enhanced": 1 });
    expect(made.result.engine?.retries).toEqual({ "the reasoning is empty": 1 });
  });

  it("refuses reasoning that only repeats the answer", async () => {
    const made = await createWith({
      files: { "p.json": [{ question: "Q one?", answer: "The answer." }] },
      type: "cot-enhance",
      generation: { retries: 0 },
      answer: () => '{"reasoning": "The answer."}',
    });
    expect(made.exitCode).toBe(3);
    expect(made.result.engine?.failures).toEqual({ "the reasoning only repeats the answer": 1 });
  });

  it("lets the model leave simple answers alone where it may", async () => {
    const made = await createWith({
      files: { "p.json": [{ question: "Two and two?", answer: "Four." }] },
      type: "cot-enhance",
      generation: { include_simple_steps: false },
      answer: () => '{"reasoning": ""}',
    });
    expect(promptOf(made.backend.requests[0]!)).toContain("simple answers too: false");
    expect(made.exitCode).toBe(0);
    expect((await made.read<Enhanced>("p_enhanced.json")).cot_examples[0]).toMatchObject({
      answer: "Four.",
      enhancement: { left: "the model sees no need for reasoning" },
    });
  });

  it("goes on where it was: a second run asks nothing", async () => {
    const made = await createWith({ files: { "m.json": pairs }, type: "cot-enhance", answer: obliging });
    const first = await readFile(path.join(made.folder, "out/m_enhanced.json"), "utf8");
    const again = await createWith({
      files: { "m.json": pairs },
      folder: made.folder,
      type: "cot-enhance",
      answer: () => new Error("asked"),
    });
    expect(again.backend.requests).toHaveLength(0);
    expect(await readFile(path.join(made.folder, "out/m_enhanced.json"), "utf8")).toBe(first);
  });

  it("takes synthetic-data-kit's own prompt, which asks for the whole conversation", async () => {
    const made = await createWith({
      files: { "m.json": pairs },
      type: "cot-enhance",
      prompts: {
        cot_enhancement:
          'Enhance these. include_simple_steps = {include_simple_steps}\nReturn [{{"role": "..."}}]\n{conversations}',
      },
      answer: obliging,
    });
    expect(made.exitCode).toBe(0);
    expect(promptOf(made.backend.requests[0]!)).toContain('Return [{"role": "..."}]');
    expect(promptOf(made.backend.requests[0]!)).toContain("Give only the reasoning");
  });

  it("reads Alpaca and ShareGPT, and leaves out what is no record", async () => {
    const made = await createWith({
      files: {
        "alpaca.json": [{ instruction: "Add.", input: "1 and 2", output: "3", id: 7 }],
        "share.json": [
          {
            conversations: [
              { from: "human", value: "Hi?" },
              { from: "gpt", value: "Hello." },
            ],
          },
          { conversations: [] },
        ],
      },
      type: "cot-enhance",
      answer: obliging,
    });
    expect(made.exitCode).toBe(3);
    expect((await made.read<Enhanced>("alpaca_enhanced.json")).cot_examples[0]).toMatchObject({
      question: "Add.\n\n1 and 2",
      answer: "3",
      id: 7,
    });
    expect((await made.read<{ conversations: unknown[] }>("share_enhanced.json")).conversations).toHaveLength(1);
    expect(made.result.counts["unusable records left out"]).toBe(1);
  });
});
