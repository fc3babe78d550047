/** Summaries of a text of any length: of each chunk, then of the summaries, until there is one. */
import type { Chunk, Document } from "../document.js";
import type { Outcome } from "../engine/engine.js";
import { chunkDocument } from "../ingest/chunker.js";
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

/** Summarizes one chunk. */
export function summarizeChunk(creation: Creation, chunk: Chunk, level = 0): Promise<Outcome<string>> {
  const { engine, prompts, config, sizes, answers, document } = creation;
  return engine.run(() => ({
    messages: [{ role: "user" as const, content: prompts.summary.render({ text: chunk.text }).trimEnd() }],
    schema: summarySchema(sizes.answerTokens),
    maxTokens: sizes.answerTokens,
    temperature: summaryTemperature,
    topP: config.generation.top_p,
    seedKey: [prompts.summary.version, document.hash, level, chunk.start, chunk.end].join(":"),
    accept: (answer) => (answer as { summary: string }).summary,
    answers,
  }));
}

/**
 * @returns the summary of the whole document, and of each of its chunks; undefined when not one chunk could be summarized
 */
export async function summarizeAll(
  creation: Creation,
): Promise<{ summary: string; seed: number; parts: PartSummary[] } | undefined> {
  let chunks: readonly Chunk[] = creation.chunks;
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
    const joined = await rechunk(creation, parts.map((part) => part.summary).join("\n\n"));
    // Summaries that are as long as what they summarize would never come down to one.
    if (joined.length >= chunks.length)
      return { summary: parts.map((part) => part.summary).join(" "), seed: parts[0]!.seed, parts: first };
    chunks = joined;
  }
}

function rechunk(creation: Creation, text: string): Promise<Chunk[]> {
  const document: Document = { ...creation.document, text, sections: [{ start: 0, end: text.length }] };
  return chunkDocument(document, {
    size: creation.sizes.maxChunkTokens,
    overlap: 0,
    unit: "tokens",
    countTokens: (texts) => creation.engine.backend.countTokens(texts),
  });
}
