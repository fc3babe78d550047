/**
 * Topics of a task, level by level, as deep as is wanted: under each topic as many as are asked for, none of them
 * anywhere in the tree already. What is there is shown to the model, nearest topics first.
 */
import { UsageError } from "../../errors.js";
import { UnusableAnswer } from "../engine/engine.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import { addCount } from "../stages/stage.js";
import { Filler, type Ask, type Filled, type Target } from "./fill.js";
import { guidanceText } from "./guidance.js";
import { isRefusal } from "./refusals.js";
import { type Room, roomFor, type Synthesis } from "./synthesis.js";
import { taskText } from "./task-prompt/index.js";
import { mostTopicCharacters, pathText } from "./topic-name.js";
import type { TopicNode } from "./topic-tree.js";

export interface TopicWish {
  /** Topics under each topic of a level, from the top; the last counts for all levels below. At least one number. */
  counts: readonly number[];
  /** Levels below where it begins. */
  depth: number;
  /** The topic below which topics are made; empty: the root. */
  under: readonly string[];
}

/** A topic in JSON with its quotes and comma. */
const tokensPerTopic = 16;
const mostPerRequest = 20;
/** Fewest in one request where so many are missing: topics that are thought of together are unlike each other. */
const leastPerRequest = 3;

/** What sets requests about the same topic apart, so that those side by side do not all think of the same. */
const sides = [
  "",
  "Think of who sends inputs: ages, professions, beginners and experts.",
  "Think of rare, odd and difficult cases.",
  "Think of the purpose: what people want to do with the answer.",
  "Think of form: length, tone, language, completeness.",
  "Think of places, times, seasons and cultures.",
  "Think of what goes wrong: mistakes, gaps, contradictions.",
  "Think of everyday cases, the commonest first.",
];

class TopicTarget implements Target {
  constructor(
    readonly node: TopicNode,
    /** Topics that it is to have. */
    readonly wanted: number,
    readonly onFull: () => void,
    readonly onGivenUp: (missing: number) => void,
  ) {}

  missing(): number {
    return this.wanted - this.node.children.length;
  }
}

/**
 * Makes topics; what was made is on disk with each answer. Resolves when every topic has as many as were wanted, or has
 * been given up because nothing new came.
 * @param onLeaf told of each topic that gets none below it, as soon as it is there; those that were there before too
 * @throws {UsageError} {ConfigError} before any work; {AbortedError} {BackendLostError} {OutputError} what ends the run
 */
export async function makeTopics(
  run: Synthesis,
  wish: TopicWish,
  onLeaf: (node: TopicNode) => void = () => undefined,
): Promise<void> {
  checkWish(wish);
  const { session, config, observer, result } = run;
  const maker = await TopicMaker.prepare(run);
  const start = session.topics.get(wish.under);
  const perRequest = config.synthesis.topics_per_request;
  const filler = new Filler<TopicTarget>({
    slots: run.slots,
    most: () => (perRequest === "auto" ? maker.mostPerRequest : perRequest),
    least: leastPerRequest,
    hedge: config.synthesis.hedge,
    barren: config.synthesis.barren_requests,
    ask: (ask) => maker.ask(ask),
  });
  const lastCount = wish.counts.at(-1)!;
  const descend = (node: TopicNode, level: number): void => {
    if (level >= wish.depth) {
      for (const leaf of session.topics.leaves(node)) onLeaf(leaf);
      return;
    }
    const below = () => {
      // A topic that nothing was found below is a leaf itself.
      if (node.children.length === 0) onLeaf(node);
      for (const child of node.children) descend(child, level + 1);
    };
    const wanted = wish.counts[level] ?? lastCount;
    run.wants("topics", Math.max(0, wanted - node.children.length));
    filler.add(
      new TopicTarget(node, wanted, below, (missing) => {
        run.wants("topics", -missing);
        addCount(result, "topics missing", missing);
        result.incomplete++;
        const where = node.path.length === 0 ? "the task" : `"${pathText(node.path)}"`;
        observer.warn(
          `${node.children.length} of ${node.children.length + missing} topics of ${where}: the model found no more that are new`,
        );
        below();
      }),
    );
  };
  descend(start, 0);
  await filler.close();
}

function checkWish({ counts, depth, under }: TopicWish): void {
  if (counts.length === 0 || counts.some((count) => !Number.isInteger(count) || count < 1))
    throw new UsageError("the number of topics must be at least 1", { remedy: "give for example -n 8, or -n 8,4" });
  if (counts.length > Math.max(1, depth))
    throw new UsageError(`${counts.length} numbers of topics for ${depth} levels`, {
      remedy: "give --depth as many levels as there are numbers",
    });
  if (under.length + depth > 16) throw new UsageError("topics can be 16 levels deep", { remedy: "lower --depth" });
}

class TopicMaker {
  private constructor(
    private readonly run: Synthesis,
    private readonly prompt: Prompt,
    private readonly fixed: { task: string; guidance: string },
    private readonly room: Room,
  ) {}

  static async prepare(run: Synthesis): Promise<TopicMaker> {
    const { config, session, options } = run;
    const prompt = compilePrompt("topics", config.prompts.topics);
    const fixed = { task: taskText(session.task.task), guidance: guidanceText(session.settings, "topics") };
    const around = prompt.render({ ...fixed, count: "100", path: "x".repeat(400), side: sides[1]! });
    return new TopicMaker(run, prompt, fixed, await roomFor(options.backend, config, around, "topics"));
  }

  get mostPerRequest(): number {
    return Math.max(1, Math.min(mostPerRequest, Math.floor(this.room.answerTokens / tokensPerTopic)));
  }

  async ask({ target, count, part, isHedge, signal }: Ask<TopicTarget>): Promise<Filled> {
    const { run, prompt, room } = this;
    const { session, config, result } = run;
    const { node } = target;
    const answers = await session.journal();
    const outcome = await run.engine.run(
      () => ({
        messages: [
          {
            role: "user" as const,
            content: prompt
              .render({
                ...this.fixed,
                count: String(count),
                known: this.known(node),
                path: node.path.length === 0 ? "none, the whole task" : pathText(node.path),
                side: sides[part % sides.length]!,
              })
              .trimEnd(),
          },
        ],
        schema: listOf(count, count),
        leastSchema: leastList,
        maxTokens: room.answerTokens,
        temperature: config.synthesis.temperature,
        topP: config.generation.top_p,
        seedKey: [prompt.version, pathText(node.path), node.children.length, part].join(":"),
        accept: (answer) => {
          const names = (answer as string[]).filter((name) => !isRefusal(name));
          if (names.length === 0) throw new UnusableAnswer("the model refuses to name topics");
          return names;
        },
        answers,
      }),
      // What others have been asked for already waits behind all else.
      { priority: isHedge ? -1 : 0, signal },
    );
    if (!outcome.ok) return { added: 0, abandoned: outcome.abandoned === true };
    const origin = run.origin(outcome.seed, prompt.version);
    let added = 0;
    for (const name of outcome.value) {
      if (target.missing() <= 0) {
        addCount(result, "topics too many left out", 1);
        continue;
      }
      const node = await session.addTopic(target.node, name, origin);
      if (node === "known") addCount(result, "topics there already dropped", 1);
      else if (node === "unusable") addCount(result, "topics without a name dropped", 1);
      else {
        added++;
        addCount(result, "topics made", 1);
        run.did("topics", 1);
        run.observer.detail(pathText(node.path));
      }
    }
    return { added };
  }

  /** The topics there are, the nearest first, as many as there is room for. */
  private known(node: TopicNode): string {
    const { topics } = this.run.session;
    const names = new Set(node.children.map(({ name }) => name));
    // Beside it, beside what it belongs to, and then all others in the order of the tree.
    for (let depth = node.path.length; depth > 0; depth--)
      for (const { name } of topics.find(node.path.slice(0, depth - 1))?.children ?? []) names.add(name);
    let bytes = 0;
    const { listBytes } = this.room;
    const list: string[] = [];
    const take = (name: string): boolean => {
      bytes += Buffer.byteLength(name) + 2;
      if (bytes > listBytes) return false;
      list.push(name);
      return true;
    };
    for (const name of names) if (!take(name)) return list.join("; ");
    for (const { name } of topics.walk()) if (!names.has(name) && !take(name)) break;
    return list.length === 0 ? "none" : list.join("; ");
  }
}

const topicSchema = { type: "string", minLength: 2, maxLength: mostTopicCharacters } as const;
const leastList = { type: "array", items: { type: "string" }, minItems: 1 } as const;

function listOf(minItems: number, maxItems: number) {
  return { type: "array", items: topicSchema, minItems, maxItems } as const;
}
