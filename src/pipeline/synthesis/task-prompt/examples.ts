/**
 * Examples of a task that was done well: runs that were repaired, and those that were rated high. For each input those
 * that are like it, and unlike each other.
 */
import { wordsOf } from "../../text/words.js";
import { isHighQuality, type KilnRun } from "../../projects/index.js";

export interface Example {
  id: string;
  input: string;
  /** The repaired output where there is one. */
  output: string;
  /** What was there before, and what was said of it. */
  repair?: { before: string; instructions: string };
}

/** How much of its worth an example loses by being like one that is shown already. */
const varietyWeight = 0.5;
/** Examples that are looked at for each input; of more the best rated. */
const mostKept = 2000;

interface Known {
  example: Example;
  /** Repaired, or rated: higher is better. */
  worth: number;
  weights: ReadonlyMap<string, number>;
}

export class Examples {
  private constructor(
    private readonly known: readonly Known[],
    /** Inverse document frequency of words in inputs. */
    private readonly rarity: ReadonlyMap<string, number>,
  ) {}

  /** @param onlyRepaired takes those alone that were repaired */
  static async from(runs: AsyncIterable<{ run: KilnRun }>, onlyRepaired = false): Promise<Examples> {
    const found: { example: Example; worth: number }[] = [];
    for await (const { run } of runs) {
      const worth = worthOf(run);
      if (worth === undefined || (onlyRepaired && run.repaired_output === null)) continue;
      found.push({ example: exampleOf(run), worth });
    }
    // By what people thought of them, then by id: the same on every machine.
    found.sort((a, b) => b.worth - a.worth || (a.example.id < b.example.id ? -1 : 1));
    found.splice(mostKept);
    const words = found.map(({ example }) => wordsOf(example.input));
    const counts = new Map<string, number>();
    for (const list of words) for (const word of new Set(list)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const rarity = new Map([...counts].map(([word, count]) => [word, Math.log(1 + found.length / count)]));
    const known = found.map(({ example, worth }, i) => ({ example, worth, weights: vectorOf(words[i]!, rarity) }));
    return new Examples(known, rarity);
  }

  get size(): number {
    return this.known.length;
  }

  /**
   * @param input that is to be answered; a run of this very input is no example for it
   * @param most how many are wanted
   * @returns those that are most like the input and unlike each other (maximal marginal relevance: Carbonell and
   *   Goldstein, 1998), the best first
   */
  for(input: string, most: number): Example[] {
    const wanted = vectorOf(wordsOf(input), this.rarity);
    const open = this.known
      .filter(({ example }) => example.input !== input)
      .map((one) => ({ one, relevance: cosine(wanted, one.weights) + one.worth / 100, likest: 0 }));
    const chosen: Example[] = [];
    while (chosen.length < most && open.length > 0) {
      let best = 0;
      for (const [i, { relevance, likest }] of open.entries())
        if (relevance - varietyWeight * likest > open[best]!.relevance - varietyWeight * open[best]!.likest) best = i;
      const [taken] = open.splice(best, 1);
      chosen.push(taken!.one.example);
      for (const each of open) each.likest = Math.max(each.likest, cosine(taken!.one.weights, each.one.weights));
    }
    return chosen;
  }
}

/** How good a run is as an example; undefined: it is none. */
function worthOf(run: KilnRun): number | undefined {
  // What was made to show a fault is no example, whatever it is rated as such.
  if (run.output.source?.properties["label"] === "fail" && run.repaired_output === null) return undefined;
  if (run.repaired_output !== null) return 6;
  const { rating } = run.output;
  if (!isHighQuality(rating)) return undefined;
  return rating?.type === "five_star" ? rating.value! : 5;
}

function exampleOf({
  id,
  input,
  output,
  repaired_output: repaired,
  repair_instructions: instructions,
}: KilnRun): Example {
  if (repaired === null) return { id, input, output: output.output };
  return { id, input, output: repaired.output, repair: { before: output.output, instructions: instructions ?? "" } };
}

function vectorOf(words: readonly string[], rarity: ReadonlyMap<string, number>): Map<string, number> {
  const weights = new Map<string, number>();
  for (const word of words) {
    const weight = rarity.get(word);
    if (weight !== undefined) weights.set(word, (weights.get(word) ?? 0) + weight);
  }
  const length = Math.hypot(...weights.values());
  if (length > 0) for (const [word, weight] of weights) weights.set(word, weight / length);
  return weights;
}

function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [word, weight] of small) sum += weight * (large.get(word) ?? 0);
  return sum;
}
