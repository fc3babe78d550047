/**
 * Makes questions about the chunks of a document until there are as many as asked for: spread over the whole document,
 * each question once, a shortfall made up for from chunks that still have something to give.
 */
import type { JsonSchema } from "../../backends/backend.js";
import type { Chunk } from "../document.js";
import { type Outcome, UnusableAnswer } from "../engine/engine.js";
import type { Item, PairFields } from "../records/record.js";
import { languageName } from "../text/language.js";
import { spread } from "./allocate.js";
import { AnswerLanguage } from "./answer-language.js";
import type { Picture } from "./pictures.js";
import { byType, QuestionPlan, type Slot, slotFields, slotOfRecord, wishOf } from "./question-plan.js";
import { KeptQuestions, sameQuestion } from "./similar.js";
import { countFailure, type Creation, provenanceOf } from "./type.js";

export interface PairKind {
  /** The placeholder for how many. */
  countPlaceholder: string;
  /** The texts of one record and their greatest lengths in characters, in the order in which they are written. */
  texts: Readonly<Record<string, number>>;
  /** Tokens a record usually takes, generously; sets how many are asked for at once. */
  tokensPerItem: number;
}

interface Ask {
  chunk: Chunk;
  /** What each of the records is to be; as many as are asked for. */
  slots: readonly Slot[];
  /** What the model sees beside the text. */
  pictures: readonly Picture[];
  /** Tells requests about the same chunk apart. */
  part: number;
  parts: number;
  round: number;
}

/** A record as an answer has it, and what it was asked to be. */
interface Made {
  fields: PairFields;
  slot: Slot;
}

/** What of an answer cannot be used, by why. */
interface Refused {
  empty: number;
  otherLanguage: number;
}

const maxTopUpRounds = 8;
/** Kinds of question that requests about the same chunk share out among them where no types are planned. */
const kinds = ["what and which", "how", "why", "when, where and who", "compare", "explain"];
const fewestTriesForLanguage = 2;

/**
 * @param chunks those that are asked about; absent: all
 * @param picturesOf what the model sees of a chunk, a list for each request; absent: nothing
 * @returns the records in the order of the document, round by round
 */
export async function* generatePairs(
  creation: Creation,
  kind: PairKind,
  summary: () => Promise<string>,
  chunks: readonly Chunk[] = creation.chunks,
  picturesOf: (chunk: Chunk) => readonly (readonly Picture[])[] = () => [],
): AsyncGenerator<Item, void, undefined> {
  const { amount, report, config, examples } = creation;
  const { enable_deduplication, similarity_threshold } = config.generation;
  const kept = new KeptQuestions(similarity_threshold);
  const shown = new Set(examples?.pairs.map((pair) => sameQuestion(pair.question)));
  const plan = new QuestionPlan(config.generation);
  const language = await AnswerLanguage.of(config.generation.language, creation.document.text);
  const perChunk = amount.perChunk ?? Infinity;
  const wanted = Math.min(amount.total ?? Infinity, chunks.length * perChunk);
  report.wanted = wanted;
  if (!plan.isEmpty) report.mix = plan.report;
  // Asked by chunk so far, for the prompt's list of what is there already.
  const asked = new Map<Chunk, string[]>();
  let shares = spread(wanted, chunks.length, perChunk);
  const exhausted = new Set<Chunk>();
  for (let round = 0; round <= maxTopUpRounds && report.made < wanted; round++) {
    const emptyBefore = report.empty;
    if (round > 0) {
      const open = chunks.filter((chunk) => !exhausted.has(chunk));
      if (open.length === 0) break;
      const most = amount.total === undefined ? perChunk : Infinity;
      const forOpen = new Map(spread(wanted - report.made, open.length).map((share, i) => [open[i]!, share]));
      shares = chunks.map((chunk) => Math.min(forOpen.get(chunk) ?? 0, most - (asked.get(chunk)?.length ?? 0)));
      report.topUpRounds++;
    }
    const total = shares.reduce((sum, share) => sum + share, 0);
    const slots = round === 0 ? plan.next(total) : plan.missing(total);
    const asks = asksFor(creation, kind, chunks, shares, slots, picturesOf, round);
    const outcomes = asks.map((ask) => request(creation, kind, ask, asked.get(ask.chunk) ?? [], language, summary));
    // They are awaited in order; a failure of a later one must not count as unhandled until then.
    for (const outcome of outcomes) outcome.catch(() => undefined);
    const fresh = new Set<Chunk>();
    try {
      for (const [i, outcome] of outcomes.entries()) {
        const ask = asks[i]!;
        const { chunk } = ask;
        const result = await outcome;
        if (!result.ok) {
          countFailure(report, result.reason);
          continue;
        }
        if (result.cut) report.cutAnswers++;
        for (const { fields, slot } of result.value) {
          if (shown.has(sameQuestion(fields.question))) {
            report.copied++;
            continue;
          }
          if (enable_deduplication && !kept.add(fields.question)) {
            report.duplicates++;
            continue;
          }
          if (report.made >= wanted) break;
          asked.set(chunk, [...(asked.get(chunk) ?? []), fields.question]);
          fresh.add(chunk);
          report.made++;
          plan.made(slot);
          const provenance = provenanceOf(creation, chunk, creation.prompts.main, result.seed);
          const images = ask.pictures.map(({ number, page }) => ({ number, ...(page === undefined ? {} : { page }) }));
          yield {
            fields,
            provenance: images.length === 0 ? provenance : { ...provenance, images },
            chunkText: chunk.text,
          };
        }
      }
    } finally {
      await Promise.allSettled(outcomes);
    }
    // A chunk that was asked and gave nothing new will give nothing new again; one not asked yet may, and so may one
    // whose records were empty, which the next seed may make better.
    if (report.empty > emptyBefore) continue;
    for (const [i, chunk] of chunks.entries()) if (shares[i]! > 0 && !fresh.has(chunk)) exhausted.add(chunk);
  }
}

/** Requests small enough for their answers to fit, at least one for each list of pictures as far as records go round. */
function asksFor(
  { sizes }: Creation,
  kind: PairKind,
  chunks: readonly Chunk[],
  shares: readonly number[],
  slots: readonly Slot[],
  picturesOf: (chunk: Chunk) => readonly (readonly Picture[])[],
  round: number,
): Ask[] {
  const most = Math.max(1, Math.floor(sizes.answerTokens / kind.tokensPerItem));
  let next = 0;
  return chunks.flatMap((chunk, i) => {
    const share = shares[i]!;
    if (share === 0) return [];
    const seen = picturesOf(chunk);
    const parts = Math.max(Math.ceil(share / most), Math.min(seen.length, share));
    let mine = slots.slice(next, (next += share));
    if (parts > 1) mine = byType(mine);
    let at = 0;
    return spread(share, parts).map((count, part) => ({
      chunk,
      slots: mine.slice(at, (at += count)),
      // Each round begins with other pictures, so that with few records all are seen in the end.
      pictures: seen.length === 0 ? [] : seen[(part + round) % seen.length]!,
      part,
      parts,
      round,
    }));
  });
}

async function request(
  creation: Creation,
  kind: PairKind,
  ask: Ask,
  known: readonly string[],
  language: AnswerLanguage,
  summary: () => Promise<string>,
): Promise<Outcome<Made[]>> {
  const { engine, prompts, config, sizes, answers, report } = creation;
  const { chunk, slots, pictures } = ask;
  const { main } = prompts;
  const about = main.uses("summary") ? await summary() : "";
  const expected = language.wantedFor(chunk.text);
  const tongue = language.wish(expected);
  let refused: Refused = { empty: 0, otherLanguage: 0 };
  const outcome = await engine.run(() => {
    const wish = wishOf(slots);
    const prompt = main.render({
      text: chunk.text,
      [kind.countPlaceholder]: String(slots.length),
      summary: about,
      language: tongue,
      question_types: wish.types,
      difficulty: wish.difficulty,
    });
    let wishes = "";
    if (wish.types !== "" && !main.uses("question_types")) wishes += `\nQuestion types: ${wish.types}`;
    if (wish.difficulty !== "" && !main.uses("difficulty")) wishes += `\nDifficulty: ${wish.difficulty}`;
    if (tongue !== "" && !main.uses("language")) wishes += `\nLanguage: ${tongue}.`;
    const room = sizes.maxChunkTokens - chunk.tokens;
    let tries = 0;
    return {
      messages: [
        {
          role: "user" as const,
          content: prompt.trimEnd() + wishes + addition(ask, known, room, wish.types === ""),
          ...(pictures.length === 0 ? {} : { images: pictures }),
        },
      ],
      schema: answerSchema(kind, slots),
      leastSchema: leastSchemaOf(kind),
      maxTokens: sizes.answerTokens,
      temperature: config.generation.temperature,
      topP: config.generation.top_p,
      seedKey: [
        main.version,
        creation.document.hash,
        rowKey(creation),
        chunk.start,
        chunk.end,
        ask.round,
        ask.part,
      ].join(":"),
      accept: (answer) => {
        const judged = usable(kind, answer as Record<string, string>[], slots, language, expected, ++tries);
        refused = judged.refused;
        return judged.made;
      },
      answers,
    };
  });
  report.empty += refused.empty;
  report.otherLanguage += refused.otherLanguage;
  return outcome;
}

/** Rows of one source have its hash in common. */
function rowKey({ document }: Creation): string {
  return document.row === undefined ? "" : `row ${document.row}`;
}

function answerSchema(kind: PairKind, slots: readonly Slot[]): JsonSchema {
  return { ...listOf({ ...slotFields(slots), ...textFields(kind) }), maxItems: slots.length };
}

/** The same for all requests: compiling a validator takes longer than using it a thousand times. */
const leastSchemas = new Map<string, JsonSchema>();

/** A record without its type or difficulty is what was asked for in its place, and records too many are left out. */
function leastSchemaOf(kind: PairKind): JsonSchema {
  const key = JSON.stringify(kind.texts);
  const known = leastSchemas.get(key);
  if (known !== undefined) return known;
  const fields = { type: { type: "string" }, difficulty: { type: "string" }, ...textFields(kind) };
  const schema = listOf(fields, Object.keys(kind.texts));
  leastSchemas.set(key, schema);
  return schema;
}

function textFields({ texts }: PairKind): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, maxLength]) => [name, { type: "string", minLength: 1, maxLength }]),
  );
}

function listOf(properties: Readonly<Record<string, unknown>>, required = Object.keys(properties)) {
  return {
    type: "array",
    items: { type: "object", properties, required, additionalProperties: false },
    minItems: 1,
  };
}

/**
 * Takes the records of an answer that can be used.
 * @param tries how many answers there have been, this one among them
 * @throws {UnusableAnswer} when there is none, or, the first time, when the answer is in another language
 */
function usable(
  kind: PairKind,
  answer: readonly Record<string, string>[],
  slots: readonly Slot[],
  language: AnswerLanguage,
  expected: string | undefined,
  tries: number,
): { made: Made[]; refused: Refused } {
  const names = Object.keys(kind.texts);
  const filled = answer.filter((record) => names.every((name) => /[\p{L}\p{N}]/u.test(record[name] ?? "")));
  // A model may give more than was asked for.
  const whole = filled.slice(0, slots.length);
  if (whole.length === 0) throw new UnusableAnswer("the answer holds nothing but empty texts");
  const textOf = (record: Record<string, string>) => names.map((name) => record[name]).join("\n");
  const other = language.otherThan(expected, whole.map(textOf).join("\n"));
  if (other !== undefined && tries < fewestTriesForLanguage)
    throw new UnusableAnswer(`the answer is in ${languageName(other)}, not ${languageName(expected!)}`);
  const right =
    other === undefined ? whole.filter((one) => language.otherThan(expected, textOf(one)) === undefined) : [];
  const made = right.map((record) => {
    const slot = slotOfRecord(record, slots, whole.indexOf(record));
    const fields = Object.fromEntries(names.map((name) => [name, record[name]!.trim()])) as unknown as PairFields;
    if (slot.type !== undefined) fields.question_type = slot.type;
    if (slot.difficulty !== undefined) fields.difficulty = slot.difficulty;
    return { fields, slot };
  });
  return { made, refused: { empty: answer.length - filled.length, otherLanguage: whole.length - right.length } };
}

/** What sets this request apart from others about the same chunk, as far as the context has room for it. */
function addition({ part, parts, round }: Ask, known: readonly string[], room: number, isUnplanned: boolean): string {
  let text = "";
  if (parts > 1 && isUnplanned) {
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
