/**
 * How much the texts of a sample are made of the same phrases: BLEU-4 of each against all others, averaged (Zhu et al.
 * 2018, Texygen). 0: no phrase twice; 1: all say the same.
 */

const longest = 4;

/** Runs of words of one length, with how often each stands in a text. */
function runsOf(words: readonly string[], size: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + size <= words.length; at++) {
    const run = words.slice(at, at + size).join(" ");
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/**
 * @param texts words of each text; those with fewer than four are left out
 * @returns the mean, 0 to 1, and of how many texts; undefined for fewer than two
 */
export function selfBleu(texts: readonly (readonly string[])[]): { value: number; texts: number } | undefined {
  const used = texts.filter((words) => words.length >= longest);
  if (used.length < 2) return undefined;
  const logs = used.map(() => 0);
  for (let size = 1; size <= longest; size++) {
    const counted = used.map((words) => runsOf(words, size));
    // The most that any text has of a run, which text that is, and the most of the others: the reference for each.
    const most = new Map<string, { first: number; by: number; second: number }>();
    counted.forEach((counts, by) => {
      for (const [run, count] of counts) {
        const known = most.get(run);
        if (known === undefined) most.set(run, { first: count, by, second: 0 });
        else if (count > known.first) [known.second, known.first, known.by] = [known.first, count, by];
        else if (count > known.second) known.second = count;
      }
    });
    counted.forEach((counts, by) => {
      let matched = 0;
      let total = 0;
      for (const [run, count] of counts) {
        const reference = most.get(run)!;
        matched += Math.min(count, reference.by === by ? reference.second : reference.first);
        total += count;
      }
      // A precision of nothing would make the product nothing; half a match stands for it (Chen, Cherry 2014).
      logs[by]! += Math.log(Math.max(matched, 0.5) / total) / longest;
    });
  }
  const lengths = used.map((words) => words.length).sort((a, b) => a - b);
  const sum = used.reduce((all, words, at) => all + Math.exp(logs[at]! + brevity(words.length, lengths)), 0);
  return { value: Math.min(1, sum / used.length), texts: used.length };
}

/** The logarithm of the penalty for a text that is shorter than the other one closest to it in length. */
function brevity(length: number, sorted: readonly number[]): number {
  const own = sorted.indexOf(length);
  const others = [sorted[own - 1], sorted[own + 1]].filter((one) => one !== undefined);
  const closest = others.sort((a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b)[0]!;
  return length >= closest ? 0 : 1 - closest / length;
}
