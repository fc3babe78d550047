/**
 * One session of making data from a task: its settings, topics and samples, kept in a log beside the task, so that it
 * goes on after any end. One process writes a session at a time.
 */
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { InputError, OutputError } from "../../errors.js";
import { Journal } from "../engine/journal.js";
import { AppendLog, type LinePlace } from "../files/append-log.js";
import { Lock } from "../files/lock.js";
import { workFolder, writeFileAtomic } from "../files/write.js";
import { currentUser, newId, type TaskFolder } from "../projects/index.js";
import { entrySchema, type Origin, type SampleOutput, type SessionEntry } from "./session-entries.js";
import type { SessionSettings } from "./settings.js";
import { type TopicNode, TopicTree } from "./topic-tree.js";
import type { Label } from "./types.js";

/** An input, and what has become of it. Its id becomes that of the run. */
export interface Sample {
  readonly id: string;
  topic: readonly string[];
  /** As a run has it: text, or JSON as text. */
  input: string;
  readonly label: Label;
  /** The sample whose input this one has too. */
  readonly of: string | undefined;
  readonly origin: Origin;
  /** Where its output stands. */
  output: LinePlace | undefined;
  /** Its output is not what it was meant to be. */
  rejected: boolean;
  /** The one of the shared-out tags that it has. */
  tag: string | undefined;
  saved: boolean;
}

export interface SessionFacts {
  id: string;
  created_at: string;
  created_by: string;
}

export class Session implements AsyncDisposable {
  readonly topics = new TopicTree();
  /** In the order in which they were made. */
  readonly samples = new Map<string, Sample>();
  private log!: AppendLog;
  private openedJournal: Promise<Journal> | undefined;
  private facts: SessionFacts | undefined;
  private current: SessionSettings | undefined;
  /** Everything is saved; a new command begins a new session. */
  closed = false;

  private constructor(
    readonly task: TaskFolder,
    readonly folder: string,
    private readonly lock: Lock | undefined,
  ) {}

  /**
   * Begins a session.
   * @throws {OutputError} when another process makes data for this task, or the folder cannot be written
   */
  static async begin(task: TaskFolder, settings: SessionSettings): Promise<Session> {
    const id = newId();
    const session = new Session(task, path.join(sessionsFolder(task), id), await lockTask(task));
    try {
      await session.open();
      // Whoever keeps the dataset in git wants the samples in it, and not how they came about.
      await writeFileAtomic(path.join(task.folder, workFolder, ".gitignore"), "*\n");
      const facts = { id, created_at: new Date().toISOString(), created_by: currentUser() };
      await session.write({ session: facts, settings });
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Goes on with a session.
   * @param readOnly does not lock, and must not write
   * @throws {OutputError} when another process makes data for this task
   * @throws {InputError} when there is no such session
   */
  static async resume(task: TaskFolder, id: string, readOnly = false): Promise<Session> {
    const folder = path.join(sessionsFolder(task), id);
    const known = await sessionIds(task);
    if (!known.includes(id))
      throw new InputError(`there is no session ${id} of the task "${task.task.name}"`, {
        remedy: known.length === 0 ? "begin one with quern topics or quern generate" : `there are ${known.join(", ")}`,
      });
    const session = new Session(task, folder, readOnly ? undefined : await lockTask(task));
    try {
      await session.open();
      if (session.current === undefined)
        throw new InputError(
          `the session ${id} has no beginning: ${session.log.file} was cut off or is not a session`,
          {
            remedy: "begin a new one with --new; what is saved in the dataset is not touched",
          },
        );
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  private async open(): Promise<void> {
    this.log = await AppendLog.open(path.join(this.folder, "session.jsonl"), "session", (value, place) => {
      const entry = entrySchema.safeParse(value).data;
      if (entry !== undefined) this.apply(entry, place);
      return entry !== undefined;
    });
  }

  get id(): string {
    return this.facts?.id ?? path.basename(this.folder);
  }

  get settings(): SessionSettings {
    if (this.current === undefined) throw new Error("a session without settings");
    return this.current;
  }

  get createdAt(): string {
    return this.facts?.created_at ?? "";
  }

  /** Lines of its log that cannot be read. */
  get damagedLines(): number {
    return this.log.damagedLines;
  }

  /** The answers of the model; opened when it is first asked for. */
  journal(): Promise<Journal> {
    this.openedJournal ??= Journal.open(path.join(this.folder, "journal.jsonl"));
    return this.openedJournal;
  }

  /** What an entry of the log changes. */
  private apply(entry: SessionEntry, place: LinePlace): void {
    if ("session" in entry) {
      this.facts = entry.session;
      this.current = entry.settings;
    } else if ("settings" in entry) this.current = entry.settings;
    else if ("topic" in entry) this.topics.addPath(entry.topic);
    else if ("topic_removed" in entry) {
      const node = this.topics.find(entry.topic_removed);
      if (node === undefined) return;
      for (const sample of this.under(node)) if (!sample.saved) this.samples.delete(sample.id);
      this.topics.remove(node);
    } else if ("topic_renamed" in entry) {
      const node = this.topics.find(entry.topic_renamed);
      if (node === undefined) return;
      const depth = node.path.length;
      for (const sample of this.under(node))
        sample.topic = [...node.path.slice(0, -1), entry.to, ...sample.topic.slice(depth)];
      this.topics.rename(node, entry.to);
    } else if ("input" in entry) {
      const { id, topic, text, label, of, origin } = entry.input;
      const state = { output: undefined, rejected: false, tag: undefined, saved: false };
      this.samples.set(id, { id, topic, input: text, label, of, origin, ...state });
    } else if ("output" in entry) {
      this.change(entry.output.id, { output: place, rejected: entry.output.rejected === true });
    } else if ("input_edited" in entry) {
      this.change(entry.input_edited.id, { input: entry.input_edited.text, output: undefined, rejected: false });
    } else if ("output_removed" in entry) this.change(entry.output_removed, { output: undefined, rejected: false });
    else if ("removed" in entry) this.samples.delete(entry.removed);
    else if ("tagged" in entry) this.change(entry.tagged.id, { tag: entry.tagged.tag });
    else if ("saved" in entry) this.change(entry.saved, { saved: true });
    else this.closed = entry.closed;
  }

  private change(id: string, change: Partial<Sample>): void {
    const sample = this.samples.get(id);
    if (sample !== undefined) Object.assign(sample, change);
  }

  /** Puts something on record, and then into effect. */
  async write(entry: SessionEntry): Promise<void> {
    this.apply(entry, await this.log.append(entry));
  }

  /**
   * Adds a topic that is not there yet; see {@link TopicTree.add}.
   * It is in the tree before it is on disk, so that two that come at the same time are not both new.
   */
  async addTopic(
    parent: TopicNode,
    text: string,
    origin: Origin,
    byHand = false,
  ): Promise<TopicNode | "unusable" | "known"> {
    const node = this.topics.add(parent, text, byHand);
    if (typeof node !== "string") await this.log.append({ topic: node.path, origin } satisfies SessionEntry);
    return node;
  }

  /** Samples of a topic and of those below it. */
  under(node: TopicNode): Sample[] {
    const { path: at } = node;
    return [...this.samples.values()].filter(({ topic }) => at.every((name, i) => topic[i] === name));
  }

  /** @throws {OutputError} when the log cannot be read any more */
  async outputOf(sample: Sample): Promise<SampleOutput | undefined> {
    if (sample.output === undefined) return undefined;
    const entry = entrySchema.parse(await this.log.read(sample.output));
    return "output" in entry ? entry.output : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const journal = await this.openedJournal?.catch(() => undefined);
    await journal?.[Symbol.asyncDispose]();
    // It is not there where opening failed.
    await (this.log as AppendLog | undefined)?.[Symbol.asyncDispose]();
    await this.lock?.[Symbol.asyncDispose]();
  }
}

/** Where sessions of a task are kept: a folder that Kiln does not look into. */
export function sessionsFolder(task: TaskFolder): string {
  return path.join(task.folder, workFolder, "sessions");
}

/** @returns the ids of a task's sessions, the oldest first */
export async function sessionIds(task: TaskFolder): Promise<string[]> {
  const folder = sessionsFolder(task);
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new InputError(`${folder} cannot be read`, { remedy: "check its permissions", cause: error });
  });
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      made: await stat(path.join(folder, name, "session.jsonl")).then(
        ({ birthtimeMs, mtimeMs }) => Math.min(birthtimeMs || mtimeMs, mtimeMs),
        () => undefined,
      ),
    })),
  );
  return dated
    .flatMap(({ name, made }) => (made === undefined ? [] : [{ name, made }]))
    .sort((a, b) => a.made - b.made || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** Takes a session away with all in it that is not saved; the dataset stays as it is. */
export async function removeSession(task: TaskFolder, id: string): Promise<void> {
  if (!(await sessionIds(task)).includes(id))
    throw new InputError(`there is no session ${id}`, { remedy: "check the id" });
  await using _lock = await lockTask(task);
  await rm(path.join(sessionsFolder(task), id), { recursive: true, force: true });
}

/**
 * Keeps other processes from making data for a task at the same time: what one makes the other would not see.
 * @throws {OutputError}
 */
async function lockTask(task: TaskFolder): Promise<Lock> {
  try {
    return await Lock.take(path.join(task.folder, workFolder, "task.lock"), `data for the task "${task.task.name}"`);
  } catch (error) {
    if (error instanceof OutputError && error.message.startsWith("another run"))
      throw new OutputError(error.message, {
        remedy: "wait for it, or stop it; what it has made is kept",
        cause: error,
      });
    throw error;
  }
}
