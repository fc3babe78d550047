/** The samples that a review goes through: what is kept of each is little, since there may be very many. */
import { type KilnRun, type OnBroken, parseFilter, type TaskFolder } from "../../../pipeline/projects/index.js";
import {
  type Choice,
  chosenRuns,
  isReviewed,
  type Order,
  orderKey,
  readStored,
  sortByKey,
} from "../../../pipeline/review/index.js";

export interface Entry {
  id: string;
  file: string;
  reviewed: boolean;
}

export interface Entries {
  list: Entry[];
  /** Tags of the runs, the most frequent first. */
  tags: string[];
  /** Runs that are meant, reviewed or not. */
  matched: number;
}

/** @param all takes those too that are reviewed */
export async function findEntries(
  task: TaskFolder,
  choice: Choice,
  options: { all: boolean; order: Order; reverse: boolean; onBroken: OnBroken; signal: AbortSignal },
): Promise<Entries> {
  const { all, order, reverse, onBroken, signal } = options;
  const found: (Entry & { key: string | number })[] = [];
  const tags = new Map<string, number>();
  let matched = 0;
  for await (const { file, run } of chosenRuns(task, choice, { onBroken, signal })) {
    matched++;
    for (const tag of run.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    const reviewed = isReviewed(run, task.task);
    if (all || !reviewed) found.push({ id: run.id, file, reviewed, key: orderKey(order, run) });
  }
  const list = sortByKey(found, reverse).map(({ id, file, reviewed }) => ({ id, file, reviewed }));
  return { list, matched, tags: [...tags].sort(([, a], [, b]) => b - a).map(([tag]) => tag) };
}

/** Files that are looked into before others get their turn. */
const batch = 50;

/**
 * Looks for a text in the samples behind one, and from the beginning when the end is reached.
 * @returns the place of the first that has it; `from` itself last
 * @throws what the signal aborts with
 */
export async function searchEntries(
  list: readonly Entry[],
  from: number,
  text: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const filter = parseFilter(`text::${text}`);
  const wanted = text.normalize("NFKC").toLowerCase();
  for (let i = 1; i <= list.length; i++) {
    if (i % batch === 0) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const at = (from + i) % list.length;
    const stored = await readStored(list[at]!.file).catch(() => undefined);
    if (stored !== undefined && (filter.matches(stored.run) || namesOf(stored.run).includes(wanted))) return at;
  }
  return undefined;
}

/** What is searched beside the texts: id, tags and topic. */
function namesOf({ id, tags, input_source: source }: KilnRun): string {
  const topic = String(source?.properties["topic_path"] ?? "");
  return [id, ...tags, topic].join("\n").normalize("NFKC").toLowerCase();
}
