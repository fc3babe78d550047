/**
 * Outputs: the task itself is run on each input, with the prompt that was chosen and the guidance whatever the prompt.
 * The task's schema is enforced while decoding and checked afterwards; one bad item never costs the others.
 */
import type { ChatMessage, JsonSchema } from "../../backends/backend.js";
import { UsageError } from "../../errors.js";
import { type Outcome, UnusableAnswer } from "../engine/engine.js";
import { Gate } from "../engine/gate.js";
import { listRuns, newId } from "../projects/index.js";
import { boundSchema } from "../schema/bounds.js";
import { embedSchema } from "../schema/embed.js";
import { jsonText } from "../schema/value-text.js";
import { addCount } from "../stages/stage.js";
import { guidanceText } from "./guidance.js";
import { SampleJudge } from "./judge.js";
import { isRefusal } from "./refusals.js";
import type { Sample } from "./session.js";
import type { SampleOutput } from "./session-entries.js";
import { type Room, roomFor, type Synthesis } from "./synthesis.js";
import { fittingSchemaText, taskPrompt, type TaskPrompt } from "./task-prompt/index.js";
import { pathText } from "./topic-name.js";
import { type Label, labels } from "./types.js";

export interface OutputWish {
  /** Outputs of each input; at least 1. */
  each: number;
}

interface Made {
  text: string;
  chain_of_thought?: string;
  reasoning?: string;
}

/** Behind inputs: these are held back while much waits here. */
const outputPriority = 0;
/** What a model that thinks by itself puts before its answer. */
const thinking = /^\s*<think>([\s\S]*?)<\/think>\s*/;

export class OutputMaker {
  private readonly gate: Gate;
  private readonly work: Promise<void>[] = [];
  private unfinished = 0;
  /** Called whenever there is one fewer that waits. */
  onFinished: () => void = () => undefined;
  private readonly judge: SampleJudge | undefined;
  private readonly schema: JsonSchema | undefined;
  /** Whether a refusal may be the fault that is asked for. */
  private readonly refusalsFail: boolean;
  /** Whether outputs are plain text. */
  private readonly isPlain: boolean;

  private constructor(
    private readonly run: Synthesis,
    private readonly wish: OutputWish,
    private readonly prompt: TaskPrompt,
    private readonly room: Room,
    item: JsonSchema | undefined,
    private readonly onOutput: (sample: Sample) => Promise<void>,
  ) {
    // Twice as many as are decoded together: while a judge looks at some, others are made.
    this.gate = new Gate(() => 2 * run.slots());
    this.judge = run.session.settings.judge ? new SampleJudge(run) : undefined;
    this.refusalsFail = /refus|declin/i.test(guidanceText(run.session.settings, "outputs", "fail"));
    this.isPlain = item === undefined;
    this.schema = schemaOf(item, prompt.thinking !== undefined, room.answerTokens);
  }

  /**
   * Checks all that can be checked before a model is asked.
   * @param onOutput called once an output is on disk
   * @throws {UsageError} {ConfigError} {InputError} where prompt or schema cannot be used or the context is too small
   */
  static async prepare(
    run: Synthesis,
    wish: OutputWish,
    onOutput: (sample: Sample) => Promise<void> = () => Promise.resolve(),
  ): Promise<OutputMaker> {
    if (!Number.isInteger(wish.each) || wish.each < 1)
      throw new UsageError("the number of outputs must be at least 1", { remedy: "give for example --each 1" });
    const { session, config, options } = run;
    const item = run.schemaOf("output");
    const { output_json_schema: json } = session.task.task;
    const prompt = await taskPrompt(
      session.settings.prompt,
      session.task,
      listRuns(session.task, { withoutTrace: true }),
      await fittingSchemaText(options.backend, json, "output", (line) => run.observer.warn(line)),
    );
    const fixed = labels.map((label) =>
      prompt.system("", { guidance: guidanceText(session.settings, "outputs", label), room: 0 }),
    );
    const longest = fixed.reduce((a, b) => (b.length > a.length ? b : a));
    const room = await roomFor(options.backend, config, `${longest}\n${prompt.thinking ?? ""}`, "outputs", 0.5);
    const maker = new OutputMaker(run, wish, prompt, room, item, onOutput);
    if (maker.schema !== undefined) options.backend.checkSchema?.(maker.schema);
    return maker;
  }

  /** Wants the outputs of an input; those that it has already are kept. */
  add(sample: Sample): void {
    this.start(sample);
    if (sample.of !== undefined || this.wish.each === 1) return;
    const siblings = [...this.run.session.samples.values()].filter(({ of }) => of === sample.id);
    for (let n = siblings.length + 1; n < this.wish.each; n++) this.track(this.addSibling(sample));
  }

  /** Inputs whose outputs are not there yet. */
  get waiting(): number {
    return this.unfinished;
  }

  private async addSibling(sample: Sample): Promise<void> {
    const { session } = this.run;
    const { topic, input: text, label, id: of, origin } = sample;
    const id = newId();
    await session.write({ input: { id, topic: [...topic], text, label, of, origin } });
    this.run.wants("samples", 1);
    this.start(session.samples.get(id)!);
  }

  private start(sample: Sample): void {
    if (sample.output !== undefined) {
      if (!sample.rejected) this.track(this.onOutput(sample));
      return;
    }
    this.unfinished++;
    const done = this.gate
      .run(() => this.make(sample))
      .finally(() => {
        this.unfinished--;
        this.onFinished();
      });
    this.track(done);
  }

  /** It is awaited at the end; a failure ends the run at once, and must not count as unhandled until then. */
  private track(done: Promise<void>): void {
    done.catch((error: unknown) => this.run.engine.end(error));
    this.work.push(done);
  }

  /** Resolves when every input that was added has its outputs or has failed. @throws what ends the run */
  async close(): Promise<void> {
    // All of it, so that nothing is being written any more when this ends, however it ends. It may add to itself.
    let failure: { error: unknown } | undefined;
    for (let at = 0; at < this.work.length; at++)
      await this.work[at]?.catch((error: unknown) => {
        failure ??= { error };
      });
    if (failure !== undefined) throw failure.error;
  }

  private async make(sample: Sample): Promise<void> {
    const { run, judge } = this;
    const attempts = judge === undefined ? 1 : run.config.synthesis.judge_attempts;
    let last: SampleOutput | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const messages = this.messagesFor(sample);
      const outcome = await this.ask(sample, messages, attempt);
      if (!outcome.ok) {
        if (last === undefined) return this.fail(sample, outcome.reason);
        break;
      }
      const output = this.outputOf(outcome, messages);
      if (judge === undefined) return await this.keep(sample, output);
      const seen = await judge.look(sample, output.text, attempt);
      if (!seen.ok) {
        addCount(run.result, "outputs that the judge said nothing of", 1);
        last ??= { ...output, rejected: true };
        continue;
      }
      const { model } = output.origin;
      const judged = { ...output, verdict: { ...seen.value, model: model ?? "" } };
      if (seen.value.verdict === sample.label) return await this.keep(sample, judged);
      addCount(run.result, `outputs meant to ${sample.label} that did not`, 1);
      last = { ...judged, rejected: true };
    }
    if (last === undefined) return;
    addCount(run.result, "samples that are not what they were meant to be", 1);
    run.result.incomplete++;
    await run.session.write({ output: { id: sample.id, ...last } });
    run.did("samples", 1);
  }

  private fail(sample: Sample, reason: string): void {
    addCount(this.run.result, "inputs without an output", 1);
    this.run.result.incomplete++;
    this.run.observer.detail(`no output for ${sample.id}: ${reason}`);
    this.run.did("samples", 1);
  }

  private async keep(sample: Sample, output: SampleOutput): Promise<void> {
    const { run } = this;
    // Somebody may have taken the sample out meanwhile.
    if (!run.session.samples.has(sample.id)) return;
    await run.session.write({ output: { id: sample.id, ...output } });
    addCount(run.result, "outputs made", 1);
    run.did("samples", 1);
    // Saving takes its time on the disk; no request waits for it.
    this.track(this.onOutput(sample));
  }

  private messagesFor(sample: Sample): ChatMessage[] {
    const { prompt, room } = this;
    const ofTopic = sample.topic.length === 0 ? "" : `The input is about: ${pathText(sample.topic)}`;
    const ofStage = guidanceText(this.run.session.settings, "outputs", sample.label);
    const guidance = [ofStage, ofTopic].filter((text) => text !== "").join("\n\n");
    const left = Math.max(0, room.listBytes - Buffer.byteLength(sample.input) - Buffer.byteLength(ofTopic));
    const system = prompt.system(sample.input, { guidance, room: left });
    const think =
      prompt.thinking === undefined
        ? ""
        : `\n\nThink first: ${prompt.thinking.trim()}\nAnswer with JSON: {"reasoning": "...", "output": ...}`;
    return [
      { role: "system", content: system + think },
      { role: "user", content: sample.input },
    ];
  }

  private async ask(sample: Sample, messages: ChatMessage[], attempt: number): Promise<Outcome<Made>> {
    const { run, prompt, room, schema } = this;
    const { config } = run;
    const answers = await run.session.journal();
    return await run.engine.run(
      () => ({
        messages,
        ...(schema === undefined ? {} : { schema }),
        maxTokens: room.answerTokens,
        temperature: config.synthesis.output_temperature,
        topP: config.generation.top_p,
        seedKey: [prompt.kilnId, sample.id, attempt].join(":"),
        accept: (answer) => this.madeOf(answer, sample.label),
        answers,
      }),
      outputPriority,
    );
  }

  /** @throws {UnusableAnswer} where there is nothing in it, or it refuses what only shows a fault */
  private madeOf(answer: unknown, label: Label): Made {
    let made: Made;
    if (this.prompt.thinking !== undefined) {
      const { reasoning, output } = answer as { reasoning: string; output: unknown };
      made = { text: this.isPlain ? (output as string).trim() : jsonText(output), chain_of_thought: reasoning.trim() };
    } else if (!this.isPlain) made = { text: jsonText(answer) };
    else {
      const text = answer as string;
      const thought = thinking.exec(text);
      const rest = (thought === null ? text : text.slice(thought[0].length)).trim();
      const reasoning = thought?.[1]?.trim() ?? "";
      made = { text: rest, ...(reasoning === "" ? {} : { reasoning }) };
    }
    if (made.text.trim() === "") throw new UnusableAnswer("the output is empty");
    if (label === "fail" && !this.refusalsFail && isRefusal(made.text))
      throw new UnusableAnswer("the model refuses to show the fault that was asked for");
    return made;
  }

  private outputOf(outcome: Outcome<Made> & { ok: true }, messages: ChatMessage[]): SampleOutput {
    const { run, prompt } = this;
    const { value, seed, usage } = outcome;
    return {
      ...value,
      origin: run.origin(seed, prompt.name),
      prompt_id: prompt.kilnId,
      temperature: run.config.synthesis.output_temperature,
      top_p: run.config.generation.top_p,
      ...(usage === undefined ? {} : { usage }),
      messages: messages.map(({ role, content }) => ({ role, content })),
    };
  }
}

/** The schema of an answer; undefined: free text. Thoughts stand before the output, so that it follows from them. */
function schemaOf(item: JsonSchema | undefined, thinks: boolean, answerTokens: number): JsonSchema | undefined {
  const bounded = item === undefined ? undefined : boundSchema(item, thinks ? answerTokens >> 1 : answerTokens);
  if (!thinks) return bounded;
  const wrap = (output: JsonSchema) => ({
    type: "object",
    properties: { reasoning: { type: "string", minLength: 1, maxLength: 2 * answerTokens }, output },
    required: ["reasoning", "output"],
    additionalProperties: false,
  });
  return bounded === undefined
    ? wrap({ type: "string", minLength: 1, maxLength: 2 * answerTokens })
    : embedSchema(bounded, "output", wrap);
}
