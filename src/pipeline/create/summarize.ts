/** Summaries of a text of any length: of each chunk, then of the summaries, until there is one. */
import type { Chunk, Document } from "../document.js";
import { type Outcome, UnusableAnswer } from "../engine/engine.js";
import { chunkDocument } from "../ingest/chunker.js";
import { languageName } from "../text/language.js";
import { countFailure, type Creation } from "./type.js";

/** So long that no useful summary reaches it, and short enough to be complete within the answer's tokens. */
function summarySchema(answerTokens: number) {
  const maxLength = Math.min(1200, answerTokens);
  return {
    type: "object",
    properties: { summary: { type: "string", minLength: 1, maxLength } },
    required: ["summary"],
    additionalProperties: false,
  } as const;
}

/** Summaries are wanted plain, whatever the temperature of questions is. */
const summaryTemperature = 0.1;

export interface PartSummary {
  chunk: Chunk;
  summary: string;
  seed: number;
}

/**
 * Summarizes the document's beginning: its first chunk, or as many characters as the configuration says.
 */
export async function summarizeHead(creation: Creation): Promise<Outcome<string>> {
  const { max_context_length: most } = creation.config.generation;
  if (most === "auto") return await summarizeChunk(creation, creation.chunks[0]!);
  const head = creation.document.text.slice(0, most);
  const chunks = await rechunk(creation, head, creation.config.generation.summary_overlap.amount);
  if (chunks.length === 0) return { ok: true, value: "", seed: 0, attempts: 0, cut: false };
  const result = await summarizeAll(creation, chunks);
  if (result === undefined) return { ok: false, reason: "no part of it could be summarized", attempts: 1 };
  return { ok: true, value: result.summary, seed: result.seed, attempts: 1, cut: false };
}

/** Summarizes the whole document, or as many characters of its beginning as the configuration says. */
export async function summarizeDocument(creation: Creation): ReturnType<typeof summarizeAll> {
  const { max_context_length: most } = creation.config.generation;
  const { text } = creation.document;
  if (most === "auto" || text.length <= most) return await summarizeAll(creation, creation.chunks);
  creation.report.notSummarized = text.length - most;
  const chunks = creation.chunks.filter((chunk) => chunk.start < most);
  const last = chunks.at(-1)!;
  if (last.end > most) chunks[chunks.length - 1] = { ...last, end: most, text: text.slice(last.start, most) };
  return await summarizeAll(creation, chunks);
}

/** Summarizes one chunk. */
export function summarizeChunk(creation: Creation, chunk: Chunk, level = 0): Promise<Outcome<string>> {
  const { engine, prompts, config, sizes, answers, document } = creation;
  const { language } = config.generation;
  const tongue = language === "auto" || language === "any" ? "" : languageName(language);
  const wish = tongue === "" || prompts.summary.uses("language") ? "" : `\nLanguage: ${tongue}.`;
  const content = () => prompts.summary.render({ text: chunk.text, language: tongue }).trimEnd() + wish;
  return engine.run(() => ({
    messages: [{ role: "user" as const, content: content() }],
    schema: summarySchema(sizes.answerTokens),
    maxTokens: sizes.answerTokens,
    temperature: summaryTemperature,
    topP: config.generation.top_p,
    seedKey: [prompts.summary.version, document.hash, document.row ?? "", level, chunk.start, chunk.end].join(":"),
    accept: (answer) => {
      const summary = (answer as { summary: string }).summary.trim();
      if (!/[\p{L}\p{N}]/u.test(summary)) throw new UnusableAnswer("the summary is empty");
      return summary;
    },
    answers,
  }));
}

/**
 * @returns the summary of the whole document, and of each of its chunks; undefined when not one chunk could be summarized
 */
async function summarizeAll(
  creation: Creation,
  all: readonly Chunk[],
): Promise<{ summary: string; seed: number; parts: PartSummary[] } | undefined> {
  let chunks: readonly Chunk[] = all;
  let first: PartSummary[] | undefined;
  for (let level = 0; ; level++) {
    const outcomes = await Promise.all(chunks.map((chunk) => summarizeChunk(creation, chunk, level)));
    const parts = outcomes.flatMap((outcome, i) => {
      if (outcome.ok) return [{ chunk: chunks[i]!, summary: outcome.value, seed: outcome.seed }];
      countFailure(creation.report, outcome.reason);
      return [];
    });
    if (parts.length === 0) return undefined;
    first ??= parts;
    if (parts.length === 1) return { summary: parts[0]!.summary, seed: parts[0]!.seed, parts: first };
    const joined = await rechunk(creation, parts.map((part) => part.summary).join("\n\n"), 0);
    // Summaries that are as long as what they summarize would never come down to one.
    if (joined.length >= chunks.length)
      return { summary: parts.map((part) => part.summary).join(" "), seed: parts[0]!.seed, parts: first };
    chunks = joined;
  }
}

/** @param overlap in tokens; as much of it as leaves chunks something of their own */
function rechunk(creation: Creation, text: string, overlap: number): Promise<Chunk[]> {
  const document: Document = { ...creation.document, text, sections: [{ start: 0, end: text.length }] };
  return chunkDocument(document, {
    size: creation.sizes.maxChunkTokens,
    overlap: Math.min(overlap, Math.floor(creation.sizes.maxChunkTokens / 2)),
    unit: "tokens",
    countTokens: (texts) => creation.engine.backend.countTokens(texts),
  });
}
