/**
 * How hard a question is, estimated from what can be counted: what kind of question it is, how many of the text's
 * sentences the answer needs, how many steps its reasoning has, how far its words are from those around the answer, how
 * rare they are, and how long the answer is. An estimate, comparable within a data set; it knows nothing of the matter.
 */
import { wordsOf } from "../text/words.js";
import { answerText, type Candidate, type Check, eachRecord, type Problem } from "./check.js";
import { sentencesOf } from "./groundedness/lexical.js";

export type Level = "easy" | "medium" | "hard";
const levels: readonly Level[] = ["easy", "medium", "hard"];

/** Scores below the first are easy, below the second medium. */
const bounds = [0.24, 0.45] as const;

/** Questions that want reasons, ways or comparisons, in English, German, French, Spanish, Italian, Portuguese, Dutch. */
const deep =
  /(?<![\p{L}])(?:why|how (?!many|much|old|long|often|far|tall|big)|explain|compare|contrast|evaluate|analy[sz]e|prove|derive|discuss|relationship|difference|trade-?offs?|implications?|consequences?|assess|justify|warum|weshalb|wieso|erklär\p{L}*|vergleich\p{L}*|beurteil\p{L}*|begründ\p{L}*|unterschied\p{L}*|pourquoi|comment|expliqu\p{L}*|compar\p{L}*|différence|por qué|cómo|diferencia|perché|spieg\p{L}*|confront\p{L}*|differenza|por que|porque|diferença|waarom|hoezo|leg uit|vergelijk|verschil)(?![\p{L}])|为什么|如何|怎么|比较|なぜ|どのように/iu;
/** Questions whose answer is a thing to be looked up. */
const shallow =
  /^(?:who|when|where|which|what (?:is|was|are|were) the (?:name|date|year|number)|how (?:many|much|old|long|often|far|tall|big)|is|are|was|were|does|did|do|can|wer|wann|wo|wie (?:viele?|alt|lange|oft|weit|hoch)|qui|quand|où|combien|quién|cuándo|dónde|cuántos?|chi|quando|dove|quant[oie]|quem|onde|wie|wanneer|waar|hoeveel)(?![\p{L}])/iu;

export interface Difficulty {
  level: Level;
  /** 0 to 1. */
  score: number;
  /** Sentences of the text that the answer's words come from; 0 where there is no text. */
  spans: number;
  /** Sentences or listed steps of the reasoning. */
  steps: number;
  /** Share of the question's words that the sentences around the answer do not have. */
  distance: number;
}

export const difficulty: Check = {
  name: "difficulty",
  description: "how hard the question is, by what can be counted: recorded, and held against what was asked for",
  stage: "record",
  open({ config }) {
    const { keep } = config.curate.checks.difficulty;
    const counts: Record<Level, number> = { easy: 0, medium: 0, hard: 0 };
    return {
      ...eachRecord((candidate) => {
        const found = difficultyOf(candidate);
        counts[found.level]++;
        const asked = askedFor(candidate.record.raw);
        const problems: Problem[] = [];
        if (!keep.includes(found.level))
          problems.push({ reason: "the difficulty is not one of those kept", detail: found.level });
        // One step away is within what an estimate can be wrong by.
        if (asked !== undefined && Math.abs(levels.indexOf(asked) - levels.indexOf(found.level)) > 1)
          problems.push({
            reason: "the difficulty is not the one that was asked for",
            detail: `${found.level}, asked for ${asked}`,
            mild: true,
          });
        return {
          score: found.score,
          note: { ...found, ...(asked === undefined ? {} : { asked }) },
          ...(problems.length === 0 ? {} : { problems }),
        };
      }),
      summary: () => counts,
    };
  },
};

/** Estimates one record. */
export function difficultyOf({ record, text }: Pick<Candidate, "record" | "text">): Difficulty {
  const { question, reasoning } = record;
  const answer = wordsOf(answerText(record));
  const asked = content(question);
  const { sentences, words } = sentencesWords(text ?? "");
  const spans = cover(new Set(content(record.answer)), words);
  const around = new Set(spans.flatMap((i) => [...words[i]!]));
  const missing = [...new Set(asked)].filter((word) => !around.has(word)).length;
  const distance = spans.length === 0 ? 0.5 : missing / Math.max(1, new Set(asked).size);
  const seen = asked.filter((word) => words.filter((set) => set.has(word)).length === 1).length;
  const rare = sentences === 0 ? 0 : seen / Math.max(1, asked.length);
  const steps = reasoning === undefined || reasoning === "" ? listed(record.answer) : sentencesOf(reasoning).length;
  const kind = deep.test(question) ? 1 : shallow.test(question.trim()) ? 0 : 0.4;
  const score =
    0.3 * kind +
    0.2 * (Math.min(3, Math.max(0, spans.length - 1)) / 3) +
    0.2 * (Math.min(5, steps) / 5) +
    0.12 * distance +
    0.13 * (Math.min(120, answer.length) / 120) +
    0.05 * rare;
  const level = score < bounds[0] ? "easy" : score < bounds[1] ? "medium" : "hard";
  return {
    level,
    score: Number(score.toFixed(3)),
    spans: spans.length,
    steps,
    distance: Number(distance.toFixed(3)),
  };
}

/** Words that tell something: not the little ones. */
function content(text: string): string[] {
  return wordsOf(text).filter((word) => word.length > 3 || /[\p{N}\p{Script=Han}]/u.test(word));
}

/** The last text that was cut into sentences: its records come one after the other. */
let last: { text: string; sentences: number; words: Set<string>[] } | undefined;

function sentencesWords(text: string): { sentences: number; words: Set<string>[] } {
  if (last?.text !== text) {
    const words = sentencesOf(text).map((sentence) => new Set(content(sentence)));
    last = { text, sentences: words.length, words };
  }
  return last;
}

/** The fewest sentences, greedily, that have the words which are anywhere in the text. */
function cover(wanted: Set<string>, sentences: readonly Set<string>[]): number[] {
  const left = new Set([...wanted].filter((word) => sentences.some((sentence) => sentence.has(word))));
  const chosen: number[] = [];
  while (left.size > 0 && chosen.length < 8) {
    let best = -1;
    let most = 0;
    for (const [i, sentence] of sentences.entries()) {
      let gain = 0;
      for (const word of left) if (sentence.has(word)) gain++;
      if (gain > most) [best, most] = [i, gain];
    }
    if (best < 0) break;
    // A single word left over is a matter of wording, not another place to read.
    if (chosen.length > 0 && most < 2) break;
    chosen.push(best);
    for (const word of sentences[best]!) left.delete(word);
  }
  return chosen;
}

/** Items of a list in an answer; 0 where it has none. */
function listed(answer: string): number {
  return answer.match(/^\s*(?:\d+[.)]|[-*•])\s/gmu)?.length ?? 0;
}

/** The difficulty that a record was asked to have, where it says so. */
function askedFor(raw: Readonly<Record<string, unknown>>): Level | undefined {
  const provenance = raw["provenance"];
  const said =
    raw["difficulty"] ??
    (typeof provenance === "object" && provenance !== null
      ? (provenance as Record<string, unknown>)["difficulty"]
      : undefined);
  return levels.find((level) => level === said);
}
