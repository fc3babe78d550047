/** How a signature is cut into bands (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). */

export interface Bands {
  /** Bands, each looked up by itself. */
  readonly bands: number;
  /** Places of the signature in each band, all of which have to be equal. */
  readonly rows: number;
}

/**
 * @param similarity Jaccard similarity of two sets, 0 to 1
 * @param division of a signature
 * @returns the probability that they agree in at least one band: 1 - (1 - s^rows)^bands
 */
export function meetingProbability(similarity: number, { bands, rows }: Bands): number {
  return 1 - (1 - similarity ** rows) ** bands;
}

/** Area under a curve between two points, by the midpoint rule. */
function area(curve: (at: number) => number, from: number, to: number): number {
  const steps = 200;
  const width = (to - from) / steps;
  let sum = 0;
  for (let step = 0; step < steps; step++) sum += curve(from + (step + 0.5) * width);
  return sum * width;
}

/** Divisions that were found: each takes some hundred thousand powers. */
const known = new Map<string, Bands>();

/**
 * The division whose weighted area of error is smallest: pairs below the threshold that meet, and pairs above it that
 * do not.
 * @param threshold Jaccard similarity from which on two sets should meet, between 0 and 1
 * @param permutations places in the signature; a few at its end may go unused
 * @param missWeight of pairs that are missed, 0 to 1; the rest is the weight of pairs that meet for nothing
 * @returns bands and rows
 */
export function bestBands(threshold: number, permutations: number, missWeight: number): Bands {
  const key = `${threshold} ${permutations} ${missWeight}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  let best: Bands = { bands: permutations, rows: 1 };
  let least = Infinity;
  for (let rows = 1; rows <= permutations; rows++) {
    for (let bands = 1; bands * rows <= permutations; bands++) {
      const division = { bands, rows };
      const idle = area((s) => meetingProbability(s, division), 0, threshold);
      const missed = area((s) => 1 - meetingProbability(s, division), threshold, 1);
      const error = (1 - missWeight) * idle + missWeight * missed;
      if (error < least) [best, least] = [division, error];
    }
  }
  if (known.size < 100) known.set(key, best);
  return best;
}
