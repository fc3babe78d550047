/** What people change by hand in a session: topics and samples. */
import { InputError, UsageError } from "../../errors.js";
import { checkValue, currentUser, newId } from "../projects/index.js";
import type { Sample, Session } from "./session.js";
import { cleanTopic, mostTopicCharacters, pathText } from "./topic-name.js";

/**
 * Adds a topic with those above it that are missing.
 * @returns whether it was not there before
 * @throws {InputError} where a name on the path is none
 */
export async function addTopicPath(session: Session, path: readonly string[]): Promise<boolean> {
  const names = path.map((name) => {
    const clean = cleanTopic(name);
    if (clean === undefined) throw unusable(name);
    return clean;
  });
  if (names.length === 0) throw unusable("");
  if (session.topics.find(names) !== undefined) return false;
  await session.write({ topic: names, origin: { by: currentUser() } });
  return true;
}

/**
 * Takes a topic out with all below it, and the samples of theirs that are not saved.
 * @returns how many of each
 * @throws {InputError} where there is no such topic
 */
export async function removeTopic(
  session: Session,
  path: readonly string[],
): Promise<{ topics: number; samples: number }> {
  if (path.length === 0) throw unusable("");
  const node = session.topics.get(path);
  const topics = 1 + [...session.topics.walk(node)].length;
  const samples = session.under(node).filter(({ saved }) => !saved).length;
  await session.write({ topic_removed: node.path });
  return { topics, samples };
}

/** @throws {InputError} where there is no such topic, or the name is none or that of another beside it */
export async function renameTopic(session: Session, path: readonly string[], name: string): Promise<void> {
  const clean = cleanTopic(name);
  if (clean === undefined || path.length === 0) throw unusable(name);
  const node = session.topics.get(path);
  const other = session.topics.find([...node.path.slice(0, -1), clean]);
  if (other !== undefined && other !== node)
    throw new InputError(`there is a topic "${pathText(other.path)}" already`, { remedy: "choose another name" });
  await session.write({ topic_renamed: node.path, to: clean });
}

/**
 * Adds an input that a person wrote.
 * @throws {InputError} where it does not comply with the task's schema, or there is no such topic
 */
export async function addInput(session: Session, path: readonly string[], text: string): Promise<Sample> {
  const node = session.topics.get(path);
  if (text.trim() === "") throw new UsageError("the input is empty");
  checkValue(session.task, "input", text);
  const id = newId();
  const origin = { by: currentUser() };
  await session.write({ input: { id, topic: node.path, text, label: "pass", origin } });
  return session.samples.get(id)!;
}

/** @throws {InputError} where there is none, or it is saved and so in the dataset */
export function unsavedSample(session: Session, id: string): Sample {
  const found = [...session.samples.values()].filter((sample) => sample.id === id || sample.id.startsWith(id));
  const [sample] = found;
  if (sample === undefined || found.length > 1)
    throw new InputError(
      found.length > 1 ? `${found.length} samples begin with ${id}` : `there is no sample ${id} in this session`,
      { remedy: "quern samples lists them" },
    );
  if (sample.saved)
    throw new InputError(`the sample ${id} is saved`, { remedy: "change it in the dataset, with quern review" });
  return sample;
}

/** Takes a sample out. @throws {InputError} as {@link unsavedSample} */
export async function removeSample(session: Session, id: string): Promise<void> {
  await session.write({ removed: unsavedSample(session, id).id });
}

/** Takes an output away, so that it is made anew. @throws {InputError} as {@link unsavedSample} */
export async function removeOutput(session: Session, id: string): Promise<void> {
  await session.write({ output_removed: unsavedSample(session, id).id });
}

/** Puts another input in the place of one; its output is taken away. @throws {InputError} where it does not comply */
export async function editInput(session: Session, id: string, text: string): Promise<void> {
  const sample = unsavedSample(session, id);
  if (text.trim() === "") throw new UsageError("the input is empty");
  checkValue(session.task, "input", text);
  await session.write({ input_edited: { id: sample.id, text, by: currentUser() } });
}

/** Puts another output in the place of one. @throws {InputError} where it does not comply */
export async function editOutput(session: Session, id: string, text: string): Promise<void> {
  const sample = unsavedSample(session, id);
  if (text.trim() === "") throw new UsageError("the output is empty");
  checkValue(session.task, "output", text);
  const origin = { by: currentUser() };
  await session.write({
    output: { id: sample.id, text, origin, prompt_id: "", temperature: 0, top_p: 1, messages: [] },
  });
}

function unusable(name: string): InputError {
  return new InputError(`"${name.replace(/\p{Cc}/gu, "�")}" is no topic`, {
    remedy: `give a name of up to ${mostTopicCharacters} characters, with letters or digits`,
  });
}
