/**
 * Makes questions about the chunks of a document until there are as many as asked for: spread over the whole document,
 * each question once, a shortfall made up for from chunks that still have something to give.
 */
import type { Chunk } from "../document.js";
import type { Outcome } from "../engine/engine.js";
import type { Item, PairFields } from "../records/record.js";
import { spread } from "./allocate.js";
import { countFailure, type Creation, provenanceOf } from "./type.js";

export interface PairKind {
  /** The placeholder for how many. */
  countPlaceholder: string;
  /** The schema of one record. */
  itemSchema: Readonly<Record<string, unknown>>;
  /** Tokens a record usually takes, generously; sets how many are asked for at once. */
  tokensPerItem: number;
}

interface Ask {
  chunk: Chunk;
  count: number;
  /** Tells requests about the same chunk apart. */
  part: number;
  parts: number;
  round: number;
}

const maxTopUpRounds = 4;
/** Kinds of question that requests about the same chunk share out among them, so that they do not ask the same. */
const kinds = ["what and which", "how", "why", "when, where and who", "compare", "explain"];

/** @returns the records in the order of the document, round by round */
export async function* generatePairs(
  creation: Creation,
  kind: PairKind,
  summary: () => Promise<string>,
): AsyncGenerator<Item, void, undefined> {
  const { chunks, amount, report, config } = creation;
  const seen = new Set<string>();
  const perChunk = amount.perChunk ?? Infinity;
  const wanted = Math.min(amount.total ?? Infinity, chunks.length * perChunk);
  report.wanted = wanted;
  // Asked by chunk so far, for the prompt's list of what is there already.
  const asked = new Map<number, string[]>();
  let shares = spread(wanted, chunks.length, perChunk);
  let exhausted = new Set<number>();
  for (let round = 0; round <= maxTopUpRounds && report.made < wanted; round++) {
    if (round > 0) {
      const missing = wanted - report.made;
      const open = chunks.filter((chunk) => !exhausted.has(chunk.index));
      if (open.length === 0) break;
      const most = amount.total === undefined ? perChunk : Infinity;
      const forOpen = spread(missing, open.length);
      shares = chunks.map((chunk) => {
        const place = open.indexOf(chunk);
        if (place < 0) return 0;
        return Math.min(forOpen[place]!, most - (asked.get(chunk.index)?.length ?? 0));
      });
      report.topUpRounds++;
    }
    const asks = asksFor(creation, kind, shares, round);
    const outcomes = asks.map((ask) => request(creation, kind, ask, asked.get(ask.chunk.index) ?? [], summary));
    // They are awaited in order; a failure of a later one must not count as unhandled until then.
    for (const outcome of outcomes) outcome.catch(() => undefined);
    const fresh = new Map<number, number>();
    try {
      for (const [i, outcome] of outcomes.entries()) {
        const { chunk } = asks[i]!;
        const result = await outcome;
        if (!result.ok) {
          countFailure(report, result.reason);
          continue;
        }
        if (result.cut) report.cutAnswers++;
        for (const fields of result.value) {
          const key = sameQuestion(fields.question);
          if (config.generation.enable_deduplication && seen.has(key)) {
            report.duplicates++;
            continue;
          }
          if (report.made >= wanted) break;
          seen.add(key);
          asked.set(chunk.index, [...(asked.get(chunk.index) ?? []), fields.question]);
          fresh.set(chunk.index, (fresh.get(chunk.index) ?? 0) + 1);
          report.made++;
          yield {
            fields,
            provenance: provenanceOf(creation, chunk, creation.prompts.main, result.seed),
            chunkText: chunk.text,
          };
        }
      }
    } finally {
      await Promise.allSettled(outcomes);
    }
    // A chunk that was asked and gave nothing new will give nothing new again; one not asked yet may.
    exhausted = new Set(
      chunks
        .filter((chunk) => exhausted.has(chunk.index) || (shares[chunk.index]! > 0 && !fresh.has(chunk.index)))
        .map((chunk) => chunk.index),
    );
  }
}

/** Requests small enough for their answers to fit. */
function asksFor({ chunks, sizes }: Creation, kind: PairKind, shares: readonly number[], round: number): Ask[] {
  const most = Math.max(1, Math.floor(sizes.answerTokens / kind.tokensPerItem));
  return chunks.flatMap((chunk) => {
    const share = shares[chunk.index]!;
    const parts = Math.ceil(share / most);
    return spread(share, parts).map((count, part) => ({ chunk, count, part, parts, round }));
  });
}

async function request(
  creation: Creation,
  kind: PairKind,
  ask: Ask,
  known: readonly string[],
  summary: () => Promise<string>,
): Promise<Outcome<PairFields[]>> {
  const { engine, prompts, config, sizes, answers } = creation;
  const { chunk, count } = ask;
  const about = prompts.main.uses("summary") ? await summary() : "";
  return await engine.run(() => {
    const prompt = prompts.main.render({ text: chunk.text, [kind.countPlaceholder]: String(count), summary: about });
    const room = sizes.maxChunkTokens - chunk.tokens;
    return {
      messages: [{ role: "user" as const, content: prompt.trimEnd() + addition(ask, known, room) }],
      schema: { type: "array", items: kind.itemSchema, minItems: 1, maxItems: count },
      maxTokens: sizes.answerTokens,
      temperature: config.generation.temperature,
      topP: config.generation.top_p,
      seedKey: [prompts.main.version, creation.document.hash, chunk.start, chunk.end, ask.round, ask.part].join(":"),
      accept: (answer) => answer as PairFields[],
      answers,
    };
  });
}

/** What sets this request apart from others about the same chunk, as far as the context has room for it. */
function addition({ part, parts, round }: Ask, known: readonly string[], room: number): string {
  let text = "";
  if (parts > 1) {
    const mine = kinds.filter((_, i) => i % Math.min(parts, kinds.length) === part % kinds.length);
    text += `\nPrefer questions of this kind: ${(mine.length > 0 ? mine : kinds).join("; ")}.`;
  }
  if (round > 0 && known.length > 0) {
    let list = "\nThese have been asked already; ask others:";
    for (const question of known) list += `\n- ${question}`;
    text += list;
  }
  // A token is at least a byte, so this much fits for certain.
  while (Buffer.byteLength(text) > room && text.includes("\n")) text = text.slice(0, text.lastIndexOf("\n"));
  return text;
}

/** Questions are the same if they differ only in case, spaces and punctuation. */
export function sameQuestion(question: string): string {
  const words = question
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return words?.join(" ") ?? question.trim();
}
