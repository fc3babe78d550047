/** Examples as a prompt shows them. */
import type { Choice, Example, Examples } from "./examples.js";

const heading = "Examples of the task done as it should be:";
const between = "\n\n";
/** Digits of an example's number, which is known once all are chosen. */
const numberBytes = 2;

export interface Showing {
  /** Most examples. */
  most: number;
  /** Whether the output that was not good is shown too, where there was one, and what was wrong with it. */
  repairs: boolean;
}

/**
 * @param room most bytes that the text may have
 * @returns as many examples for an input as are wanted and as there is room for; the likest come last, next to the
 *   input. Empty where there is no room for any
 */
export function examplesText(examples: Examples, input: string, { most, repairs }: Showing, room: number): string {
  const left = room - Buffer.byteLength(heading) - between.length;
  if (left <= 0) return "";
  const sizeOf: Choice["sizeOf"] = (example) =>
    Buffer.byteLength(textOf(example, 1, repairs)) - 1 + numberBytes + between.length;
  const chosen = examples.for(input, { most, room: left, sizeOf });
  if (chosen.length === 0) return "";
  const texts = chosen.reverse().map((example, i) => textOf(example, i + 1, repairs));
  return [heading, ...texts].join(between);
}

function textOf({ input, output, repair }: Example, number: number, repairs: boolean): string {
  const before =
    !repairs || repair === undefined
      ? []
      : [
          `An output that was not good enough: ${repair.before}`,
          ...(repair.instructions.trim() === "" ? [] : [`What had to change: ${repair.instructions.trim()}`]),
        ];
  const last = before.length === 0 ? "Output" : "Output after the change";
  return [`Example ${number}`, `Input: ${input}`, ...before, `${last}: ${output}`].join("\n");
}
