/**
 * Inputs of a task: for each topic that has none below it, as many as are wanted, unlike each other and unlike those in
 * the dataset. The task's schema is enforced while they are decoded.
 */
import type { JsonSchema } from "../../backends/backend.js";
import { UsageError } from "../../errors.js";
import { UnusableAnswer } from "../engine/engine.js";
import { newId } from "../projects/index.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import { boundSchema } from "../schema/bounds.js";
import { embedSchema } from "../schema/embed.js";
import { compileValidator } from "../schema/validate.js";
import { jsonText } from "../schema/value-text.js";
import { addCount } from "../stages/stage.js";
import { type Ask, type Filled, Filler, type Target } from "./fill.js";
import { guidanceText } from "./guidance.js";
import { KnownInputs } from "./known-inputs.js";
import { isRefusal } from "./refusals.js";
import type { Sample } from "./session.js";
import { type Room, roomFor, type Synthesis } from "./synthesis.js";
import { assignExactly } from "./tags.js";
import { fittingSchemaText, taskText } from "./task-prompt/index.js";
import { kilnPath, pathText } from "./topic-name.js";
import type { TopicNode } from "./topic-tree.js";
import type { Label } from "./types.js";

export interface InputWish {
  /** Inputs that each topic is to have, those of the session counted; at least 1. */
  count: number;
}

/** Whoever takes the inputs as they are made. */
export interface InputTaker {
  /** Told of each input once it is on disk. */
  onInput(sample: Sample): void;
  /** Inputs that it has not finished with. */
  waiting(): number;
}

const plainText: JsonSchema = { type: "string", minLength: 1 };
/** Inputs that wait for their outputs, for each request at once, above which no more are made: enough to fill the model
 * while the last inputs come in, and few enough for samples to be finished all along. */
const mostWaiting = 3;
const mostPerRequest = 10;
/** What an input takes of an answer, until some have been seen. */
const firstTokensPerInput = 80;
/** Characters of a text input for each token of the answer that is its share. */
const charactersPerToken = 4;
const mostCharacters = 4000;
const fewestCharacters = 200;

class InputTarget implements Target {
  has: number;

  constructor(
    readonly node: TopicNode,
    readonly wanted: number,
    has: number,
    readonly onGivenUp: (missing: number) => void,
  ) {
    this.has = has;
  }

  missing(): number {
    return this.wanted - this.has;
  }
}

/** Makes inputs for topics, which may come one after the other. */
export class InputMaker {
  private readonly filler: Filler<InputTarget>;
  private readonly schemas = new Map<number, JsonSchema>();
  private readonly counts: Record<Label, number> = { pass: 0, fail: 0 };
  /** Samples of each topic at the start. */
  private readonly before = new Map<string, number>();
  private tokens = firstTokensPerInput;
  private seen = 1;

  private constructor(
    private readonly run: Synthesis,
    private readonly wish: InputWish,
    private readonly prompt: Prompt,
    private readonly fixed: { task: string; guidance: string },
    private readonly room: Room,
    /** The schema of one input; undefined: plain text. */
    private readonly item: JsonSchema | undefined,
    private readonly known: KnownInputs,
    private readonly taker: InputTaker | undefined,
  ) {
    const { config } = run;
    const perRequest = config.synthesis.inputs_per_request;
    for (const { label, topic, of } of run.session.samples.values()) {
      this.counts[label]++;
      if (of === undefined) this.before.set(kilnPath(topic), (this.before.get(kilnPath(topic)) ?? 0) + 1);
    }
    this.filler = new Filler<InputTarget>({
      slots: () => (taker !== undefined && taker.waiting() > mostWaiting * run.slots() ? 0 : run.slots()),
      most: () => (perRequest === "auto" ? this.mostPerRequest : perRequest),
      least: 1,
      // Where others wait for the inputs, no request stands idle.
      hedge: config.synthesis.hedge && taker === undefined,
      barren: config.synthesis.barren_requests,
      ask: (ask) => this.ask(ask),
    });
  }

  /**
   * Reads what inputs there are, and checks all that can be checked before a model is asked.
   * @param taker of the inputs; as long as much waits for it, no more are made
   * @throws {UsageError} {ConfigError} {InputError} where the schema cannot be used or the context is too small
   */
  static async prepare(run: Synthesis, wish: InputWish, taker?: InputTaker): Promise<InputMaker> {
    if (!Number.isInteger(wish.count) || wish.count < 1)
      throw new UsageError("the number of inputs must be at least 1", { remedy: "give for example -n 8" });
    const { config, session, options } = run;
    const { task } = session.task;
    const prompt = compilePrompt("inputs", config.prompts.inputs);
    const item = run.schemaOf("input");
    const form = await fittingSchemaText(options.backend, task.input_json_schema, "input", (line) =>
      run.observer.warn(line),
    );
    const fixed = {
      task: form === "" ? taskText(task) : `${taskText(task)}\n\n${form}`,
      guidance: guidanceText(session.settings, "inputs"),
    };
    const around = prompt.render({ ...fixed, count: "100", topic: "x".repeat(400) });
    const room = await roomFor(options.backend, config, around, "inputs", 0.5);
    const known = new KnownInputs(config.synthesis.similarity_threshold, item !== undefined);
    await known.readDataset(session.task, options.signal);
    if (known.unreadable > 0)
      run.observer.warn(`${known.unreadable} runs of the dataset cannot be read; inputs like theirs may come again`);
    for (const sample of session.samples.values()) known.add(kilnPath(sample.topic), sample.input);
    const maker = new InputMaker(run, wish, prompt, fixed, room, item, known, taker);
    options.backend.checkSchema?.(maker.schemaFor(1));
    return maker;
  }

  /** Wants inputs for a topic; the root for inputs without topics. */
  add(node: TopicNode): void {
    const { wish, run } = this;
    const has = this.before.get(kilnPath(node.path)) ?? 0;
    const target = new InputTarget(node, wish.count, has, (missing) => {
      addCount(run.result, "inputs missing", missing);
      run.result.incomplete++;
      const where = node.path.length === 0 ? "the task" : `"${pathText(node.path)}"`;
      run.observer.warn(`${target.has} of ${wish.count} inputs of ${where}: the model found no more that are new`);
      run.wants("inputs", -missing);
    });
    if (target.missing() > 0) run.wants("inputs", target.missing());
    this.filler.add(target);
  }

  /** Looks again whether more may be made. */
  wake(): void {
    this.filler.wake();
  }

  /** Resolves when every topic has its inputs or is given up. @throws what ends the run */
  close(): Promise<void> {
    return this.filler.close();
  }

  /** As many as fit an answer, by what inputs have taken so far. */
  private get mostPerRequest(): number {
    const fits = Math.floor((this.room.answerTokens * 0.8) / (this.tokens / this.seen));
    return Math.max(1, Math.min(mostPerRequest, fits));
  }

  private schemaFor(count: number): JsonSchema {
    const made = this.schemas.get(count);
    if (made !== undefined) return made;
    const bounds = { minItems: 1, maxItems: count };
    const { answerTokens } = this.room;
    const schema =
      this.item === undefined
        ? { type: "array", items: { type: "string", minLength: 1, maxLength: longest(answerTokens, count) }, ...bounds }
        : embedSchema(boundSchema(this.item, Math.floor(answerTokens / count)), "input", (items) => ({
            type: "array",
            items,
            ...bounds,
          }));
    this.schemas.set(count, schema);
    return schema;
  }

  private async ask({ target, count, part, isHedge, signal }: Ask<InputTarget>): Promise<Filled> {
    const { run, prompt, room } = this;
    const { session, config, result } = run;
    const { path } = target.node;
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
                known: this.knownText(path),
                topic: path.length === 0 ? "any" : pathText(path),
              })
              .trimEnd(),
          },
        ],
        schema: this.schemaFor(count),
        // Each is held against the schema by itself: one that does not comply does not cost the others.
        leastSchema: { type: "array", minItems: 1 },
        maxTokens: room.answerTokens,
        temperature: config.synthesis.temperature,
        topP: config.generation.top_p,
        seedKey: [prompt.version, pathText(path), target.has, part].join(":"),
        accept: (answer) => {
          const { texts, unfit } = this.textsOf(answer as unknown[]);
          const usable = texts.filter((text) => /[\p{L}\p{N}\p{S}]/u.test(text) && !isRefusal(text));
          if (usable.length === 0)
            throw new UnusableAnswer(
              texts.some(isRefusal) ? "the model refuses to write inputs" : "the answer holds nothing but empty inputs",
            );
          return { usable, unusable: texts.length - usable.length, unfit };
        },
        answers,
      }),
      { priority: isHedge ? -1 : 1, signal },
    );
    if (!outcome.ok) return { added: 0, abandoned: outcome.abandoned === true };
    const { usable, unusable, unfit } = outcome.value;
    if (outcome.usage !== undefined) {
      this.tokens += outcome.usage.completionTokens;
      this.seen += usable.length;
    }
    if (unfit > 0) addCount(result, "inputs that do not fit the schema dropped", unfit);
    if (unusable > 0) addCount(result, "inputs that are empty or refuse dropped", unusable);
    const fresh: string[] = [];
    for (const text of usable) {
      if (target.missing() - fresh.length <= 0) addCount(result, "inputs too many left out", 1);
      else if (!this.known.add(kilnPath(path), text)) addCount(result, "inputs like others dropped", 1);
      else fresh.push(text);
    }
    // Counted before they are on disk, so that nobody asks for them meanwhile.
    target.has += fresh.length;
    const origin = run.origin(outcome.seed, prompt.version);
    for (const [i, label] of this.labelsFor(fresh.length).entries()) {
      const id = newId();
      await session.write({ input: { id, topic: [...path], text: fresh[i]!, label, origin } });
      this.taker?.onInput(session.samples.get(id)!);
    }
    addCount(result, "inputs made", fresh.length);
    run.did("inputs", fresh.length);
    return { added: fresh.length };
  }

  /** @throws {UnusableAnswer} where none complies with the schema */
  private textsOf(values: readonly unknown[]): { texts: string[]; unfit: number } {
    const validate = compileValidator(this.item ?? plainText);
    const checked = values.map((value) => ({ value, validity: validate(value) }));
    const texts = checked
      .filter(({ validity }) => validity.valid)
      .map(({ value }) => (this.item === undefined ? (value as string).trim() : jsonText(value)));
    const [first] = checked;
    if (texts.length === 0 && first?.validity.valid === false)
      throw new UnusableAnswer(`the answer does not fit its schema: ${first.validity.errors[0] ?? ""}`);
    return { texts, unfit: values.length - texts.length };
  }

  /** What the outputs of the next inputs are meant to be; over the session the shares come out exact. */
  private labelsFor(count: number): Label[] {
    const { fail_share } = this.run.session.settings;
    const shares: { name: Label; weight: number }[] = [
      { name: "pass", weight: 1 - fail_share },
      { name: "fail", weight: fail_share },
    ];
    const labels = assignExactly(shares, this.counts, count, this.run.config.generation.seed);
    for (const label of labels) this.counts[label]++;
    return labels;
  }

  /** Inputs of the topic that there are, as many of the newest as there is room for. */
  private knownText(path: readonly string[]): string {
    const lines: string[] = [];
    let bytes = 0;
    for (const input of [...this.known.of(path)].reverse()) {
      bytes += Buffer.byteLength(input) + 3;
      if (bytes > this.room.listBytes) break;
      lines.unshift(`- ${input}`);
    }
    return lines.length === 0 ? "none" : lines.join("\n");
  }
}

function longest(answerTokens: number, count: number): number {
  const share = Math.floor((answerTokens * charactersPerToken) / count);
  return Math.max(fewestCharacters, Math.min(mostCharacters, share));
}
