/**
 * Examples of a task that was done well: runs that were repaired, and those that were rated high. For each input those
 * that are like it, and unlike each other.
 */
import { wordsOf } from "../../text/words.js";
import { isHighQuality, type KilnRun } from "../../projects/index.js";
import { comparableText } from "../../schema/value-text.js";
import { WordIndex } from "./word-index.js";

export interface Example {
  id: string;
  input: string;
  /** The repaired output where there is one. */
  output: string;
  /** What was there before, and what was said of it. */
  repair?: { before: string; instructions: string };
}

export interface Choice {
  /** Most examples. */
  most: number;
  /** Most bytes that they may take together. */
  room: number;
  /** Bytes that one takes, with what stands between it and the next. */
  sizeOf: (example: Example) => number;
}

/** How much of its worth an example loses by being like one that is shown already. */
const varietyWeight = 0.5;
/** Examples that are kept; of more the best rated. */
const mostKept = 5000;
/** Examples that are held against each other for one input; of more those that are most like it. */
const mostCompared = 120;
/** Of a longer input the rest tells little. */
const mostComparedCharacters = 20_000;

/** Added to the likeness, 0 to 1, of an example: what people took the trouble to correct goes before what they liked. */
const worthOfRepaired = 0.15;
const worthOfBest = 0.05;
/** Where repairs are what is to be shown, none of the others goes before them. */
const worthOfWantedRepair = 3;

interface Known {
  example: Example;
  worth: number;
  /** Tells inputs apart that differ in more than their layout. */
  key: string;
}

export class Examples {
  /** @param repaired how many of them were repaired */
  private constructor(
    private readonly known: readonly Known[],
    private readonly index: WordIndex,
    readonly repaired: number,
  ) {}

  /**
   * @param runs those that were made to show a fault, and those that nobody rated or repaired, are left out
   * @param repairsFirst whether no other example goes before one that was repaired
   */
  static async from(runs: AsyncIterable<{ run: KilnRun }>, repairsFirst = false): Promise<Examples> {
    const found: Known[] = [];
    for await (const { run } of runs) {
      const worth = worthOf(run, repairsFirst);
      if (worth !== undefined) found.push({ example: exampleOf(run), worth, key: keyOf(run.input) });
      if (found.length >= 2 * mostKept) found.sort(bestFirst).splice(mostKept);
    }
    found.sort(bestFirst).splice(mostKept);
    const index = new WordIndex(found.map(({ example }) => wordsIn(example.input)));
    return new Examples(found, index, found.filter(({ example }) => example.repair !== undefined).length);
  }

  get size(): number {
    return this.known.length;
  }

  /**
   * @param input that is to be answered; a run of this very input is no example for it
   * @returns those that are most like the input and unlike each other (maximal marginal relevance: Carbonell and
   *   Goldstein, 1998), the best first; the same on every machine
   */
  for(input: string, { most, room, sizeOf }: Choice): Example[] {
    const key = keyOf(input);
    const likeness = this.index.likeness(wordsIn(input));
    let open = this.known
      .map((one, at) => ({ one, at, relevance: (likeness.get(at) ?? 0) + one.worth, likest: 0 }))
      .filter(({ one }) => one.key !== key)
      // The sort is stable, so that equals keep the order of their worth and their ids.
      .sort((a, b) => b.relevance - a.relevance)
      .slice(0, Math.max(mostCompared, 2 * most))
      .map((each) => ({ ...each, size: sizeOf(each.one.example) }));
    const chosen: Example[] = [];
    let left = room;
    while (chosen.length < most) {
      open = open.filter(({ size }) => size <= left);
      const [first, ...others] = open;
      if (first === undefined) break;
      const best = others.reduce((a, b) => (marginal(b) > marginal(a) ? b : a), first);
      chosen.push(best.one.example);
      left -= best.size;
      open = open.filter((each) => each !== best);
      for (const each of open) each.likest = Math.max(each.likest, this.index.between(best.at, each.at));
    }
    return chosen;
  }
}

function marginal({ relevance, likest }: { relevance: number; likest: number }): number {
  return relevance - varietyWeight * likest;
}

/** By what people thought of them, then by id: the same on every machine. */
function bestFirst(a: Known, b: Known): number {
  return b.worth - a.worth || (a.example.id < b.example.id ? -1 : a.example.id > b.example.id ? 1 : 0);
}

/** How good a run is as an example; undefined: it is none. */
function worthOf({ output, repaired_output: repaired }: KilnRun, repairsFirst: boolean): number | undefined {
  // What was made to show a fault belongs to an evaluation, whatever it is rated as such.
  if (output.source?.properties["label"] === "fail") return undefined;
  if (repaired !== null) return repairsFirst ? worthOfWantedRepair : worthOfRepaired;
  const { rating } = output;
  if (!isHighQuality(rating)) return undefined;
  return rating?.type === "five_star" && rating.value === 4 ? 0 : worthOfBest;
}

function exampleOf(run: KilnRun): Example {
  const { id, input, output, repaired_output: repaired, repair_instructions: instructions } = run;
  if (repaired === null) return { id, input, output: output.output };
  return { id, input, output: repaired.output, repair: { before: output.output, instructions: instructions ?? "" } };
}

function keyOf(input: string): string {
  try {
    return comparableText(JSON.parse(input));
  } catch {
    return input.trim().replace(/\s+/gu, " ");
  }
}

function wordsIn(input: string): string[] {
  return wordsOf(input.slice(0, mostComparedCharacters));
}
