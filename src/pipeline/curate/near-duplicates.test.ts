import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.js";
import type { Candidate, CheckContext, Looker, Verdict } from "./check.js";
import { nearDuplicates } from "./near-duplicates.js";

async function opened(settings: Record<string, unknown> = {}): Promise<Looker> {
  const { config } = await loadConfig({
    flags: { curate: { checks: { near_duplicates: settings } } },
    environment: {},
  });
  const context: CheckContext = { config, engine: undefined, warn: () => undefined, signal: undefined };
  return nearDuplicates.open(context);
}

let position = 0;
function candidate(question: string, answer: string, source = "a.json"): Candidate {
  const record = { question, answer, raw: { question, answer } };
  return { record, source, position: position++, text: undefined, language: undefined, answers: undefined as never };
}

const question = "How does a hand mill grind grain?";
const answer =
  "Two round stones lie upon each other. The lower one rests while the upper one is turned by hand, and the grain that runs in through the hole in its middle is ground between them.";

describe("near_duplicates", () => {
  it("names the record that is repeated, across files, and keeps the first", async () => {
    position = 0;
    const looker = await opened();
    const first = await looker.look([
      candidate(question, answer),
      candidate("What is rye?", "A cereal that is grown in cold countries and mostly baked into dark bread."),
    ]);
    expect(first.map(({ problems }) => problems)).toEqual([undefined, undefined]);
    const [edited] = (await looker.look([
      candidate(question, answer.replace("round stones", "round, heavy stones"), "b.json"),
    ])) as Verdict[];
    expect(edited!.problems).toEqual([
      {
        reason: "repeats an earlier record nearly word for word",
        detail: expect.stringMatching(
          /^record 1 in a\.json: “How does a hand mill grind grain\?”, similarity 0\.\d\d$/,
        ) as string,
      },
    ]);
    expect(edited!.score).toBeGreaterThan(0.8);
    expect(looker.summary!()).toMatchObject({ threshold: 0.8, different: 2, duplicates: 1, not_compared_with_all: 0 });
  });

  it("takes another answer to the same question for another record", async () => {
    const looker = await opened();
    const verdicts = await looker.look([
      candidate(question, answer),
      candidate(question, "Water or wind turns larger mills, which grind in an hour what a household eats in a month."),
    ]);
    expect(verdicts.every(({ problems }) => problems === undefined)).toBe(true);
  });

  it("goes by the threshold that is set, and by all turns of a conversation", async () => {
    const strict = await opened({ threshold: 1 });
    const edited = answer.replace("round", "heavy");
    const verdicts = await strict.look([candidate(question, answer), candidate(question, edited)]);
    expect(verdicts[1]!.problems).toBeUndefined();
    const looker = await opened();
    const conversation = (last: string): Candidate => {
      const one = candidate("Hello?", "Hello!");
      const turns = [
        { role: "user" as const, content: "Hello?" },
        { role: "assistant" as const, content: "Hello!" },
        { role: "user" as const, content: last },
        { role: "assistant" as const, content: `${last} is what you said.` },
      ];
      return { ...one, record: { ...one.record, turns } };
    };
    const talks = await looker.look([conversation(question), conversation(answer), conversation(answer)]);
    expect(talks.map(({ problems }) => problems?.length ?? 0)).toEqual([0, 0, 1]);
  });
});
