/** Pairs of the user's that show the model what is wanted, put before every text. */
import { InputError, UsageError } from "../../errors.js";
import type { PairFields } from "../records/record.js";
import { openRecords } from "../records/read.js";

export interface Examples {
  file: string;
  pairs: readonly PairFields[];
  /** As they stand in the prompt. */
  text: string;
}

/** More than this leaves no room for a text in any context; a larger file is a dataset given by mistake. */
const mostExamples = 100;

/**
 * @param file of pairs: JSON or JSON Lines in any shape that records have
 * @param withReasoning whether each example needs reasoning
 * @throws {InputError} when there are no pairs in it
 * @throws {UsageError} when there are too many, or reasoning is missing
 */
export async function readExamples(file: string, withReasoning: boolean): Promise<Examples> {
  const pairs: PairFields[] = [];
  for await (const one of (await openRecords(file)).records()) {
    if ("unusable" in one)
      throw new InputError(`${file}: example ${one.unusable.index + 1} cannot be used: ${one.unusable.reason}`, {
        remedy: 'examples are pairs such as {"question": "...", "answer": "..."}',
      });
    const { question, reasoning, answer } = one.record;
    if (withReasoning && (reasoning ?? "").trim() === "")
      throw new UsageError(
        `${file}: example ${pairs.length + 1} has no reasoning, and --type cot makes records with it`,
        {
          remedy: 'give each example a "reasoning"',
        },
      );
    pairs.push({ question, ...(withReasoning ? { reasoning: reasoning! } : {}), answer });
    if (pairs.length > mostExamples)
      throw new UsageError(`${file} holds more than ${mostExamples} examples`, { remedy: "give the best few" });
  }
  const list = pairs.map((pair) => `  ${JSON.stringify(pair)}`).join(",\n");
  const text = `Examples of what is wanted, about other texts; do not repeat them:\n[\n${list}\n]`;
  return { file, pairs, text };
}
