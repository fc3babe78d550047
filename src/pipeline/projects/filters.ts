/**
 * Which runs of a task are meant: Kiln's dataset filters under their ids, and more of quern's own.
 * Source of the ids: kiln_ai/datamodel/dataset_filters.py (kiln-ai 1.1.0).
 */
import { UsageError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import { isHighQuality } from "./run-shape.js";
import type { KilnRun, SourceType } from "./types.js";

export interface RunFilter {
  /** As it was given. */
  text: string;
  /** Its id in Kiln's files; undefined where Kiln has no such filter. */
  kilnId: string | undefined;
  matches(run: KilnRun): boolean;
}

type Test = (run: KilnRun) => boolean;

const multi = "multi_filter::";

/** What a run's model thought before it answered; as in Kiln, what it says of itself counts before the chain that was asked for. */
export function thinkingOf({ intermediate_outputs: between }: KilnRun): string | undefined {
  return between?.["reasoning"] || between?.["chain_of_thought"] || undefined;
}

/** Repaired, or rated well: what Kiln shows as examples and trains on. */
export function isHighRated(run: KilnRun): boolean {
  return run.repaired_output !== null || isHighQuality(run.output.rating);
}

/** What an output was meant to be, where that was recorded: `pass` or `fail`. */
export function labelOf(run: KilnRun): string | undefined {
  const label = run.output.source?.properties["label"];
  return typeof label === "string" ? label : undefined;
}

/** Filters of one word. */
const plain: Readonly<Record<string, { test: Test; isKilns: boolean }>> = {
  all: { test: () => true, isKilns: true },
  high_rating: { test: isHighRated, isKilns: true },
  thinking_model: { test: (run) => thinkingOf(run) !== undefined, isKilns: true },
  thinking_model_high_rated: { test: (run) => thinkingOf(run) !== undefined && isHighRated(run), isKilns: true },
  repaired: { test: (run) => run.repaired_output !== null, isKilns: false },
  unrated: { test: (run) => (run.output.rating?.value ?? null) === null, isKilns: false },
};

const labels = ["pass", "fail"] as const;
const sources: readonly SourceType[] = ["human", "synthetic", "file_import", "tool_call"];

/** Filters of a name and a value, `name::value`. */
const valued: Readonly<Record<string, { example: string; isKilns: boolean; testOf: (value: string) => Test }>> = {
  tag: { example: "tag::eval_data", isKilns: true, testOf: (tag) => (run) => run.tags.includes(tag) },
  label: {
    example: "label::pass",
    isKilns: false,
    testOf: (value) => {
      const label = oneOf(value, labels, "label");
      return (run) => labelOf(run) === label;
    },
  },
  source: {
    example: "source::synthetic",
    isKilns: false,
    testOf: (value) => {
      const type = oneOf(value, sources, "source");
      return (run) => run.output.source?.type === type;
    },
  },
  text: {
    example: "text::word",
    isKilns: false,
    testOf: (value) => {
      const word = searchable(value);
      return ({ input, output, repaired_output: repaired }) =>
        [input, output.output, repaired?.output ?? ""].some((text) => searchable(text).includes(word));
    },
  },
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  "=": (a, b) => a === b,
};

/** Every filter there is, for messages and help. */
export const filterForms: readonly string[] = [
  ...Object.keys(plain),
  "rating>=4",
  ...Object.values(valued).map(({ example }) => example),
  `${multi}high_rating&tag::eval_data`,
];

/**
 * @param text one of {@link filterForms}; in `multi_filter::a&b`, which all of its filters must match, `\&` is a `&`
 *   within one
 * @throws {UsageError} listing the filters there are
 */
export function parseFilter(text: string): RunFilter {
  const { test, isKilns } = testIn(text);
  return { text, kilnId: isKilns ? text : undefined, matches: test };
}

/** @returns the filter that lets through what all of them do; of none, everything */
export function allFilters(filters: readonly RunFilter[]): RunFilter {
  const [only] = filters;
  if (only === undefined) return parseFilter("all");
  if (filters.length === 1) return only;
  const ids = filters.map(({ kilnId }) => kilnId);
  const text = `${multi}${filters.map((one) => one.text.replaceAll("&", "\\&")).join("&")}`;
  return {
    text,
    kilnId: ids.includes(undefined) ? undefined : text,
    matches: (run) => filters.every((one) => one.matches(run)),
  };
}

function testIn(text: string): { test: Test; isKilns: boolean } {
  if (Object.hasOwn(plain, text)) return plain[text]!;
  if (text.startsWith(multi)) return testOfAll(text);
  const [, sign, number] = /^rating\s*(>=|<=|>|<|=)\s*(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (sign !== undefined) {
    const holds = comparisons[sign]!;
    const bound = Number(number);
    return { isKilns: false, test: ({ output: { rating } }) => rating?.value != null && holds(rating.value, bound) };
  }
  const at = text.indexOf("::");
  const name = text.slice(0, Math.max(0, at));
  const value = text.slice(at + 2);
  if (at === -1 || !Object.hasOwn(valued, name)) throw unknown(text);
  if (value === "")
    throw new UsageError(`the filter "${text}" has nothing behind ::`, { remedy: `as in ${valued[name]!.example}` });
  return { test: valued[name]!.testOf(value), isKilns: valued[name]!.isKilns };
}

/** As Kiln divides it: at each `&` that no backslash stands before. */
function testOfAll(text: string): { test: Test; isKilns: boolean } {
  const parts = text
    .slice(multi.length)
    .split(/(?<!\\)&/)
    .map((part) => part.replaceAll("\\&", "&"));
  if (parts.includes(""))
    throw new UsageError(`the filter "${text}" has an empty part`, { remedy: `as in ${filterForms.at(-1)!}` });
  const tests = parts.map(testIn);
  return { test: (run) => tests.every(({ test }) => test(run)), isKilns: tests.every(({ isKilns }) => isKilns) };
}

function oneOf<T extends string>(value: string, known: readonly T[], what: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined)
    throw new UsageError(`there is no ${what} "${value}" to filter by`, { remedy: `use ${known.join(", ")}` });
  return found;
}

function unknown(text: string): UsageError {
  const near = nearest(text, Object.keys(plain))[0];
  return new UsageError(`there is no filter "${text}"`, {
    remedy: `${near === undefined ? "" : `did you mean ${near}? `}there are ${filterForms.join(", ")}`,
  });
}

/** Equal but for case, width and how accents are written. */
function searchable(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
