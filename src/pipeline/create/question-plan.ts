/**
 * Which question types and difficulties are asked for: each wanted record gets its own, in the shares that are wanted,
 * so that the mix of a dataset is chosen and not left to a model's habits. The same wishes give the same plan.
 */
import type { Config } from "../../config/schema.js";
import type { Share } from "../../config/shares.js";

/** What one record is to be; a field is absent where nothing is asked for. */
export interface Slot {
  type?: string;
  difficulty?: string;
}

/** How many of each name were asked for, and how many there are. */
export interface Mix {
  asked: Record<string, number>;
  made: Record<string, number>;
}

export interface PlanReport {
  question_types?: Mix;
  difficulty?: Mix;
}

/** Short, since they are put into every request; a name that is not here explains itself. */
const meanings: Readonly<Record<string, string>> = {
  factual: "asks for something the text states",
  analytical: "asks how things in the text hang together",
  applied: "asks to use what the text says in a new case",
  easy: "one statement of the text answers it",
  medium: "two or three statements together answer it",
  hard: "the answer has to be worked out from the text",
};

export class QuestionPlan {
  private readonly types: readonly Share[];
  private readonly difficulties: readonly Share[];
  /** Slots handed out and not yet filled by a record, by {@link keyOf}; negative where more were made than asked. */
  private readonly open = new Map<string, number>();
  private readonly typeCredit = new Map<string, number>();
  private readonly difficultyCredit = new Map<string, number>();
  readonly report: PlanReport;

  constructor({ question_types, difficulty }: Pick<Config["generation"], "question_types" | "difficulty">) {
    this.types = normalized(question_types);
    this.difficulties = normalized(difficulty);
    this.report = {
      ...(this.types.length === 0 ? {} : { question_types: { asked: {}, made: {} } }),
      ...(this.difficulties.length === 0 ? {} : { difficulty: { asked: {}, made: {} } }),
    };
  }

  /** Whether nothing is asked for. */
  get isEmpty(): boolean {
    return this.types.length === 0 && this.difficulties.length === 0;
  }

  /** The next slots of the plan: every beginning of it has the wanted shares, as nearly as whole numbers can. */
  next(count: number): Slot[] {
    return Array.from({ length: count }, () => {
      const type = take(this.types, this.typeCredit);
      const difficulty = take(this.difficulties, this.difficultyCredit, type ?? "");
      const slot: Slot = {
        ...(type === undefined ? {} : { type }),
        ...(difficulty === undefined ? {} : { difficulty }),
      };
      if (type !== undefined) count1(this.report.question_types!.asked, type);
      if (difficulty !== undefined) count1(this.report.difficulty!.asked, difficulty);
      this.open.set(keyOf(slot), (this.open.get(keyOf(slot)) ?? 0) + 1);
      return slot;
    });
  }

  /** Slots that were handed out and of which there is no record yet, those that most are missing of first. */
  missing(count: number): Slot[] {
    const left = new Map([...this.open].filter(([, open]) => open > 0));
    const slots: Slot[] = [];
    while (slots.length < count && left.size > 0) {
      const [most] = [...left].reduce((a, b) => (b[1] > a[1] ? b : a));
      slots.push(slotOf(most));
      const rest = left.get(most)! - 1;
      if (rest === 0) left.delete(most);
      else left.set(most, rest);
    }
    // More were made of some than asked for, so that of others too few are missing on paper.
    while (slots.length < count) slots.push(slots[slots.length - 1] ?? {});
    return slots;
  }

  /** Notes a record. */
  made(slot: Slot): void {
    if (slot.type !== undefined) count1(this.report.question_types!.made, slot.type);
    if (slot.difficulty !== undefined) count1(this.report.difficulty!.made, slot.difficulty);
    this.open.set(keyOf(slot), (this.open.get(keyOf(slot)) ?? 0) - 1);
  }

  /** The most that {@link wishOf} can say, for the arithmetic of a context. */
  get longestWish(): Record<"types" | "difficulty", string> {
    const types = this.types.length === 0 ? [undefined] : this.types.map(({ name }) => name);
    const difficulties = this.difficulties.length === 0 ? [undefined] : this.difficulties.map(({ name }) => name);
    const slots = types.flatMap((type) =>
      difficulties.map((difficulty): Slot => ({
        ...(type === undefined ? {} : { type }),
        ...(difficulty === undefined ? {} : { difficulty }),
      })),
    );
    return this.isEmpty ? { types: "", difficulty: "" } : wishOf(slots.flatMap((slot) => [slot, slot]));
  }
}

/**
 * Says in words what a request asks for.
 * @returns texts for the placeholders `{question_types}` and `{difficulty}`; empty where there is nothing to say
 */
export function wishOf(slots: readonly Slot[]): { types: string; difficulty: string } {
  return {
    types: counted(slots.flatMap(({ type }) => type ?? [])),
    difficulty: counted(slots.flatMap(({ difficulty }) => difficulty ?? [])),
  };
}

/** `what (2), how (1)`; a single name without a number. What names mean follows where they do not say it. */
function counted(names: readonly string[]): string {
  const counts: Record<string, number> = {};
  for (const name of names) count1(counts, name);
  const list = Object.entries(counts);
  if (list.length === 0) return "";
  const words = list.map(([name, times]) => (list.length === 1 ? name : `${name} (${times})`)).join(", ");
  const explained = list.flatMap(([name]) => (name in meanings ? `${name}: ${meanings[name]}` : []));
  return `${words}.${explained.length === 0 ? "" : ` ${capital(explained.join("; "))}.`}`;
}

/**
 * The fields of an answer's records that say which slot they fill. Where a request asks for one kind only there is
 * nothing to say, and no tokens are spent on it.
 */
export function slotFields(slots: readonly Slot[]): Record<string, { type: string; enum: string[] }> {
  const types = distinct(slots.flatMap(({ type }) => type ?? []));
  const difficulties = distinct(slots.flatMap(({ difficulty }) => difficulty ?? []));
  return {
    ...(types.length > 1 ? { type: { type: "string", enum: types } } : {}),
    ...(difficulties.length > 1 ? { difficulty: { type: "string", enum: difficulties } } : {}),
  };
}

/**
 * Which slot a record of an answer fills: what it says itself; where it says nothing, what was asked for in its place.
 * @param place of the record in the answer, from 0
 */
export function slotOfRecord(
  record: { type?: unknown; difficulty?: unknown },
  slots: readonly Slot[],
  place: number,
): Slot {
  const asked = slots[Math.min(place, slots.length - 1)] ?? {};
  const type = slots.find((slot) => slot.type === record.type)?.type ?? asked.type;
  const difficulty = slots.find((slot) => slot.difficulty === record.difficulty)?.difficulty ?? asked.difficulty;
  return {
    ...(asked.type === undefined || type === undefined ? {} : { type }),
    ...(asked.difficulty === undefined || difficulty === undefined ? {} : { difficulty }),
  };
}

/** Puts slots of one type together, so that requests about the same chunk ask for different ones. */
export function byType(slots: readonly Slot[]): Slot[] {
  const order = distinct(slots.map(keyOf));
  return [...slots].sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
}

/**
 * Hands out names in their shares: each gains its weight, the one that has gained most is taken and pays for it.
 * @param within names are also spread evenly within this group, so that not every group gets always the same
 */
function take(shares: readonly Share[], credit: Map<string, number>, within?: string): string | undefined {
  let best: string | undefined;
  let bestScore = -Infinity;
  for (const { name, weight } of shares) {
    const keys = within === undefined ? [name] : [name, `${within}\0${name}`];
    let score = 0;
    for (const key of keys) {
      const value = (credit.get(key) ?? 0) + weight;
      credit.set(key, value);
      score += value;
    }
    // Equal but for rounding: the first wins.
    if (score > bestScore + 1e-9) [best, bestScore] = [name, score];
  }
  if (best === undefined) return undefined;
  for (const key of within === undefined ? [best] : [best, `${within}\0${best}`]) credit.set(key, credit.get(key)! - 1);
  return best;
}

function normalized(shares: readonly Share[]): Share[] {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  return shares.map(({ name, weight }) => ({ name, weight: weight / total }));
}

function keyOf({ type = "", difficulty = "" }: Slot): string {
  return `${type}\0${difficulty}`;
}

function slotOf(key: string): Slot {
  const [type = "", difficulty = ""] = key.split("\0");
  return { ...(type === "" ? {} : { type }), ...(difficulty === "" ? {} : { difficulty }) };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function count1(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
