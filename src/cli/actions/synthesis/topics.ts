import { readFile } from "node:fs/promises";
import { text as textIn } from "node:stream/consumers";
import { InputError, messageOf, UsageError } from "../../../errors.js";
import { writeFileAtomic } from "../../../pipeline/files/write.js";
import { openTask } from "../../../pipeline/projects/index.js";
import { addCount, emptyResult, type StageResult } from "../../../pipeline/stages/stage.js";
import { generateTopics } from "../../../pipeline/synthesis/generate.js";
import { Session } from "../../../pipeline/synthesis/session.js";
import { addTopicPath, removeTopic, renameTopic } from "../../../pipeline/synthesis/edit.js";
import { parsePath } from "../../../pipeline/synthesis/topic-name.js";
import { parseTopicText, topicText } from "../../../pipeline/synthesis/topic-text.js";
import { modelFlags } from "../../options.js";
import { runCommand } from "../../session.js";
import type { TopicsFlags } from "../../topics.js";
import { lastOpen, openSession } from "./session.js";

export async function topicsAction(given: string, flags: TopicsFlags): Promise<void> {
  const byHand = [flags.add, flags.remove, flags.rename, flags.from].some((one) => one !== undefined);
  const shows = flags.list === true || flags.to !== undefined;
  const wanted = flags.topics !== undefined || flags.depth !== undefined || (!byHand && !shows);
  if (flags.list === true && byHand)
    throw new UsageError("--list only shows the topics", { remedy: "leave it out, or the flags that change them" });
  await runCommand("topics", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    if (shows && !byHand && !wanted) {
      const task = await openTask(given);
      const id = await lastOpen(task, flags.session);
      if (id === undefined)
        throw new UsageError(`the task "${task.task.name}" has no session that is not finished`, {
          remedy: "name one with --session",
        });
      await using session = await Session.resume(task, id, true);
      return { result: await show(session, flags, reporter.result.bind(reporter)) };
    }
    await using session = await openSession(given, flags, "topics", true, reporter);
    const edited = emptyResult();
    if (byHand) await edit(session, flags, edited);
    let result = edited;
    if (wanted) {
      const { synthesis } = config;
      const counts = flags.topics ?? [synthesis.topics];
      const wish = {
        counts,
        depth: flags.depth ?? Math.max(1, flags.topics?.length ?? synthesis.depth),
        under: parsePath(flags.under ?? ""),
      };
      const made = await withBackend((backend) =>
        generateTopics({ backend, config, session, observer: reporter, signal }, wish),
      );
      result = { ...made, counts: { ...edited.counts, ...made.counts } };
    }
    if (flags.json !== true && flags.quiet !== true && flags.to === undefined)
      reporter.made(topicText(session.topics).trimEnd());
    if (flags.to !== undefined) await show(session, flags, reporter.result.bind(reporter));
    return { result, extra: { session: session.id, topics: topicList(session) } };
  });
}

async function show(session: Session, flags: TopicsFlags, print: (text: string) => void): Promise<StageResult> {
  const text = topicText(session.topics);
  const result = emptyResult();
  addCount(result, "topics in all", session.topics.size);
  if (flags.to === undefined || flags.to === "-") {
    if (text !== "") print(text.trimEnd());
  } else {
    await writeFileAtomic(flags.to, text);
    result.outputs.push(flags.to);
  }
  return result;
}

function topicList(session: Session): string[][] {
  return [...session.topics.walk()].map(({ path }) => [...path]);
}

async function edit(session: Session, flags: TopicsFlags, result: StageResult): Promise<void> {
  for (const path of flags.remove ?? []) {
    const { topics, samples } = await removeTopic(session, parsePath(path));
    addCount(result, "topics removed", topics);
    if (samples > 0) addCount(result, "samples removed with them", samples);
  }
  for (const text of flags.rename ?? []) {
    const at = text.lastIndexOf("=");
    if (at === -1)
      throw new UsageError(`--rename "${text}": there is no "="`, { remedy: 'write --rename "Old topic=New name"' });
    await renameTopic(session, parsePath(text.slice(0, at)), text.slice(at + 1));
    addCount(result, "topics renamed", 1);
  }
  const paths = (flags.add ?? []).map((path) => parsePath(path));
  if (flags.from !== undefined) paths.push(...parseTopicText(await read(flags.from), flags.from));
  let added = 0;
  for (const path of paths) if (await addTopicPath(session, path)) added++;
  if (paths.length > 0) addCount(result, "topics added", added);
  if (paths.length > added) addCount(result, "topics that were there", paths.length - added);
}

async function read(file: string): Promise<string> {
  try {
    return file === "-" ? await textIn(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { remedy: "check the path", cause: error });
  }
}
