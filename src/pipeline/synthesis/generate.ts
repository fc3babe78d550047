/** The stages one by one, and all of them in a stream: an input is made while topics still are, and saved while others are answered. */
import { UsageError } from "../../errors.js";
import { addCount, type StageResult } from "../stages/stage.js";
import { InputMaker, type InputWish } from "./inputs.js";
import { OutputMaker, type OutputWish } from "./outputs.js";
import { runsFolder, SampleSaver, type SaveWish } from "./save.js";
import type { Sample, Session } from "./session.js";
import { Synthesis, type SynthesisOptions } from "./synthesis.js";
import { makeTopics, type TopicWish } from "./topics.js";

/** Makes topics. @throws as {@link makeTopics} */
export async function generateTopics(options: SynthesisOptions, wish: TopicWish): Promise<StageResult> {
  const run = new Synthesis(options, "topics");
  await makeTopics(run, wish);
  addCount(run.result, "topics in all", run.session.topics.size);
  return run.finish();
}

/**
 * Makes inputs for topics.
 * @param under the topics below which inputs are made, for each that has none below it; the whole tree where absent.
 *   `only`: for this very topic, whatever is below it
 * @throws as {@link InputMaker}
 */
export async function generateInputs(
  options: SynthesisOptions,
  wish: InputWish,
  under: readonly string[] = [],
  only = false,
): Promise<StageResult> {
  const run = new Synthesis(options, "inputs");
  const node = run.session.topics.get(under);
  const maker = await InputMaker.prepare(run, wish);
  for (const leaf of only ? [node] : run.session.topics.leaves(node)) maker.add(leaf);
  await maker.close();
  return run.finish();
}

/**
 * Runs the task on the inputs that have no output yet.
 * @param samples which; all where absent
 * @throws as {@link OutputMaker}
 */
export async function generateOutputs(
  options: SynthesisOptions,
  wish: OutputWish,
  samples: readonly Sample[] = [...options.session.samples.values()],
): Promise<StageResult> {
  if (options.session.samples.size === 0)
    throw new UsageError("there are no inputs in this session", { remedy: "make some with quern inputs" });
  const run = new Synthesis(options, "samples");
  const open = samples.filter(({ output }) => output === undefined);
  run.wants("samples", open.length);
  const maker = await OutputMaker.prepare(run, wish);
  for (const sample of samples) if (!sample.saved) maker.add(sample);
  await maker.close();
  return run.finish();
}

/** What is saved, and with which order of tags. */
export interface SaveOptions extends Pick<SynthesisOptions, "session" | "observer" | "signal"> {
  seed: number;
}

/** Saves the samples of a session that have an output. @throws {OutputError} when the dataset cannot be written */
export async function saveSamples(
  options: SaveOptions,
  wish: SaveWish,
  result: StageResult,
  samples: readonly Sample[] = [...options.session.samples.values()],
): Promise<StageResult> {
  const { session, seed, observer } = options;
  const saver = new SampleSaver(session, wish, seed, result, {
    warn: (text) => observer?.warn(text),
    detail: (text) => observer?.detail(text),
    made: (text) => observer?.made(text),
    progress: () => undefined,
  });
  const saved = await saver.save(samples);
  await noteEnd(session, wish, result, saved);
  return result;
}

export interface GenerateWish {
  /** Absent: no topics are made; those that there are, or none, are used. */
  topics: TopicWish | undefined;
  inputs: InputWish;
  outputs: OutputWish;
  save: SaveWish;
}

/**
 * Topics, inputs, outputs and saving in one stream.
 * @throws {UsageError} {ConfigError} {InputError} before any work; {AbortedError} {BackendLostError} {OutputError} what
 *   ends the run. What was made until then is kept
 */
export async function generate(options: SynthesisOptions, wish: GenerateWish): Promise<StageResult> {
  const run = new Synthesis(options, "samples");
  const { session, config, observer, result } = run;
  const saver = new SampleSaver(session, wish.save, config.generation.seed, result, observer);
  let saved = 0;
  const outputs = await OutputMaker.prepare(run, wish.outputs, async (sample) => {
    saved += await saver.save([sample]);
  });
  const inputs = await InputMaker.prepare(run, wish.inputs, {
    onInput: (sample) => outputs.add(sample),
    waiting: () => outputs.waiting,
  });
  outputs.onFinished = () => inputs.wake();
  // What an earlier run left undone comes first.
  const left = [...session.samples.values()].filter((sample) => !sample.saved);
  run.wants("samples", left.filter((sample) => sample.output === undefined || sample.rejected).length);
  for (const sample of left) outputs.add(sample);
  try {
    if (wish.topics === undefined) for (const leaf of session.topics.leaves()) inputs.add(leaf);
    else await makeTopics(run, wish.topics, (leaf) => inputs.add(leaf));
    await inputs.close();
    await outputs.close();
  } catch (error) {
    // Nothing is begun any more, and what is in hand is finished: nobody writes to the session after this.
    run.engine.end(error);
    await Promise.allSettled([inputs.close(), outputs.close()]);
    throw error;
  }
  if (wish.topics !== undefined) addCount(result, "topics in all", session.topics.size);
  await noteEnd(session, wish.save, result, saved);
  return run.finish();
}

/** Says where the runs are and what is not saved, and closes a session of which nothing is left to do. */
async function noteEnd(session: Session, wish: SaveWish, result: StageResult, saved: number): Promise<void> {
  const all = [...session.samples.values()];
  const left = all.filter((sample) => !sample.saved);
  const without = left.filter(({ output }) => output === undefined).length;
  const rejected = left.filter((sample) => sample.rejected).length;
  if (without > 0) addCount(result, "samples without an output, not saved", without);
  if (rejected > 0 && !wish.rejected) addCount(result, "samples kept out by the judge", rejected);
  if (all.some((sample) => sample.saved)) result.outputs.push(runsFolder(session));
  else if (all.length > 0 && saved === 0)
    result.failures.push({ input: session.id, error: `nothing was saved of the session ${session.id}` });
  const isDone = all.length > 0 && left.every((sample) => sample.rejected);
  if (isDone !== session.closed) await session.write({ closed: isDone });
}
