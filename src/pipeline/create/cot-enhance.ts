/** Adds the reasoning that leads to answers that there are. The model gives the reasoning only: answers stay as they are. */
import { type Outcome, UnusableAnswer } from "../engine/engine.js";
import { hashOf } from "../engine/seed.js";
import type { ChatTurn, StoredRecord } from "../records/read.js";
import { conversationOf, reasonedAnswer, reasoningStart } from "../records/record.js";
import { writtenAgain } from "./stored-shape.js";
import type { Enhanced, Enhancement, RecordsType } from "./type.js";

/** Where the reasoning of models that think aloud begins. */
const thinkingStart = /^\s*<(think|thinking|reasoning)>/i;
/** After the prompt, whatever it says: prompts for synthetic-data-kit ask for the whole conversation again. */
const onlyReasoning = "\nGive only the reasoning that leads to the last answer above, not the conversation.";

/** Reasoning before the answers of pairs and conversations. */
export const cotEnhance: RecordsType = {
  name: "cot-enhance",
  input: "records",
  suffix: "_enhanced",
  promptName: "cot_enhancement",
  description: "reasoning for the answers of existing pairs or conversations",
  defaultCount: (config) => config.generation.num_cot_enhance_examples ?? undefined,
  pairsKey: "cot_examples",
  leave(record) {
    if (record.turns === undefined && (record.reasoning ?? "").trim() !== "") return "it has reasoning";
    const answers = turnsOf(record).filter(isAnswer);
    return answers.every(isReasoned) ? "it has reasoning" : undefined;
  },
  async enhance(enhancement, record): Promise<Enhanced> {
    const turns = turnsOf(record);
    const places = turns.flatMap((turn, i) => (isAnswer(turn) && !isReasoned(turn) ? [i] : []));
    const outcomes = await Promise.all(places.map((place) => reasoningFor(enhancement, turns.slice(0, place + 1))));
    const failed = outcomes.find((outcome) => !outcome.ok);
    // A conversation of which only some answers have reasoning would teach to reason now and then.
    if (failed?.ok === false) return { state: "failed", reason: failed.reason, record: writtenAgain(record), turns };
    const made = new Map(outcomes.flatMap((outcome, i) => (outcome.ok ? [[places[i]!, outcome] as const] : [])));
    if ([...made.values()].every(({ value }) => value === ""))
      return { state: "left", reason: "the model sees no need for reasoning", record: writtenAgain(record), turns };
    const enhanced = turns.map((turn, i): ChatTurn => {
      const reasoning = made.get(i)?.value ?? "";
      return reasoning === "" ? turn : { ...turn, content: reasonedAnswer(reasoning, turn.content) };
    });
    const seeds = [...made.values()].map(({ seed }) => seed);
    const { engine, prompt } = enhancement;
    const about = { model: engine.backend.model.name, prompt: prompt.version };
    const changed = record.turns === undefined ? { reasoning: [...made.values()][0]!.value } : { turns: enhanced };
    return {
      state: "made",
      record: {
        ...writtenAgain(record, changed),
        enhancement: { ...about, ...(seeds.length === 1 ? { seed: seeds[0] } : { seeds }) },
      },
      turns: enhanced,
    };
  },
};

function turnsOf(record: StoredRecord): readonly ChatTurn[] {
  return record.turns ?? conversationOf(record);
}

/** A turn that only calls tools says nothing that could be led up to. */
function isAnswer(turn: ChatTurn): boolean {
  return turn.role === "assistant" && turn.content.trim() !== "";
}

function isReasoned({ content, reasoning = "" }: ChatTurn): boolean {
  return reasoning.trim() !== "" || content.startsWith(reasoningStart) || thinkingStart.test(content);
}

/** @param turns up to and with the answer */
function reasoningFor(
  { engine, answers, config, prompt, answerTokens }: Enhancement,
  turns: readonly ChatTurn[],
): Promise<Outcome<string>> {
  const needed = config.generation.include_simple_steps;
  const answer = turns.at(-1)!.content;
  // Characters are fewer than tokens only in scripts whose reasoning is shorter, too.
  const maxLength = Math.max(200, Math.min(3000, answerTokens * 3));
  return engine.run(() => ({
    messages: [
      {
        role: "user" as const,
        content:
          prompt
            .render({
              conversations: JSON.stringify(turns.map(({ role, content }) => ({ role, content }))),
              include_simple_steps: needed ? "true" : "false",
            })
            .trimEnd() + onlyReasoning,
      },
    ],
    schema: {
      type: "object",
      properties: { reasoning: { type: "string", minLength: needed ? 1 : 0, maxLength } },
      required: ["reasoning"],
      additionalProperties: false,
    },
    maxTokens: answerTokens,
    temperature: config.generation.temperature,
    topP: config.generation.top_p,
    seedKey: [prompt.version, hashOf(turns)].join(":"),
    accept: (value) => {
      const reasoning = (value as { reasoning: string }).reasoning.trim();
      if (reasoning === "" && !needed) return "";
      if (!/[\p{L}\p{N}]/u.test(reasoning)) throw new UnusableAnswer("the reasoning is empty");
      if (reasoning === answer.trim()) throw new UnusableAnswer("the reasoning only repeats the answer");
      return reasoning;
    },
    answers,
  }));
}
