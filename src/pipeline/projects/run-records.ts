/** The runs of a task as records: a folder of runs is read as a file of records is. */
import { InputError } from "../../errors.js";
import type { ReadRecord, RecordFile } from "../records/read.js";
import type { ChatTurn, StoredRecord, ToolCall } from "../records/read.js";
import { labelOf, type RunFilter, thinkingOf } from "./filters.js";
import type { TaskFolder } from "./open.js";
import { provenanceOf } from "./run-provenance.js";
import { listRuns, type StoredRun } from "./runs.js";
import type { KilnMessage, KilnRun } from "./types.js";

export interface RunRecordOptions {
  /** Which runs are wanted; all where absent. */
  filter?: RunFilter;
  /** The system text of every record; empty: none. */
  system: string;
  /** What models are told to think about before they answer. */
  thinking?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Opens a task's runs; they are read one by one whenever they are asked for. A run that cannot be read is a record that
 * cannot be used, with its file and the reason.
 * @throws {InputError} from `records()`, when there are no runs, or none that the filter lets through
 */
export function openRunRecords(task: TaskFolder, options: RunRecordOptions): RecordFile {
  let counts = new Counts();
  return {
    kind: "conversations",
    rest: {},
    passedOver: [],
    notes: () => counts.notes(task.task.name),
    async *records() {
      counts = new Counts();
      yield* readRuns(task, options, counts);
    },
  };
}

async function* readRuns(
  task: TaskFolder,
  { filter, system, thinking, signal }: RunRecordOptions,
  counts: Counts,
): AsyncGenerator<ReadRecord, void, undefined> {
  const broken: { file: string; reason: string }[] = [];
  let index = 0;
  const flush = function* (): Generator<ReadRecord, void, undefined> {
    for (const { file, reason } of broken.splice(0))
      yield { unusable: { index: index++, file, reason, raw: undefined } };
  };
  const onBroken = (file: string, reason: string) => broken.push({ file, reason });
  for await (const { file, run } of listRuns(task, { onBroken, ...(signal === undefined ? {} : { signal }) })) {
    yield* flush();
    counts.seen++;
    if (filter?.matches(run) === false) continue;
    const record = recordOfRun({ file, run }, task, system, thinking);
    if (typeof record === "string") yield { unusable: { index: index++, file, reason: record, raw: run } };
    else {
      counts.add(run);
      index++;
      yield { record };
    }
  }
  yield* flush();
  if (index > 0) return;
  if (counts.seen === 0)
    throw new InputError(`the task "${task.task.name}" has no runs`, {
      remedy: "make some with quern generate, or take them in with quern import",
    });
  throw new InputError(
    `none of the ${counts.seen} runs of the task "${task.task.name}" matches ${filter?.text ?? ""}`,
    {
      remedy: "use another --filter",
    },
  );
}

/** What is told of the runs that became records. */
class Counts {
  seen = 0;
  private taken = 0;
  private toFail = 0;
  private withTools = 0;
  private chained = 0;

  add(run: KilnRun): void {
    this.taken++;
    if (labelOf(run) === "fail" && run.repaired_output === null) this.toFail++;
    if (toolIdsOf(run).length > 0) this.withTools++;
    if (run.parent_task_run_id !== null) this.chained++;
  }

  notes(name: string): string[] {
    const notes: string[] = [];
    if (this.taken < this.seen) notes.push(`${name}: ${this.taken} of ${this.seen} runs were asked for`);
    if (this.toFail > 0)
      notes.push(
        `${name}: ${this.toFail} of the runs are meant to fail, and are no examples to learn from; --filter label::pass leaves them out`,
      );
    if (this.withTools > 0)
      notes.push(
        `${name}: ${this.withTools} runs had tools whose descriptions are not in the task's folder; calls of them are saved, descriptions are not`,
      );
    if (this.chained > 0)
      notes.push(
        `${name}: ${this.chained} runs go on a conversation, whose earlier turns are saved with them; Kiln's own formats hold the last turn alone, as Kiln writes them`,
      );
    return notes;
  }
}

/**
 * @param system empty: the record has no system text
 * @param thinking what the model is told to think about
 * @returns the run as a conversation of system, user and assistant, with calls of tools between them where its trace has
 *   any; of a run that follows others the whole conversation. The repaired output counts. A text where it cannot be one
 */
export function recordOfRun(
  { run }: StoredRun,
  task: TaskFolder,
  system: string,
  thinking?: string,
): StoredRecord | string {
  const answer = run.repaired_output?.output ?? run.output.output;
  const reasoning = thinkingOf(run);
  const before = turnsBefore(run);
  if (typeof before === "string") return before;
  const turns: ChatTurn[] = [
    ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
    ...before,
    { role: "assistant", content: answer, ...(reasoning === undefined ? {} : { reasoning }) },
  ];
  return {
    question: run.input,
    answer,
    ...(reasoning === undefined ? {} : { reasoning }),
    turns,
    ...(thinking === undefined ? {} : { thinkingPrompt: thinking }),
    raw: { messages: turns, provenance: provenanceOf(task, run, toolIdsOf(run)) },
  };
}

/** What stands before the output: the input, and calls of tools; or all earlier turns of a conversation. */
function turnsBefore(run: KilnRun): ChatTurn[] | string {
  const isChained = run.parent_task_run_id !== null && run.trace !== null;
  if (!isChained) {
    const calls = run.trace === null ? [] : toolTurnsOf(run.trace);
    return typeof calls === "string" ? calls : [{ role: "user", content: run.input }, ...calls];
  }
  const trace = run.trace!;
  const last = trace.findLastIndex((message) => message.role === "assistant" && !hasCalls(message));
  const turns: ChatTurn[] = [];
  for (const message of trace.slice(0, last === -1 ? undefined : last)) {
    if (message.role === "system" || message.role === "developer") continue;
    const turn = toolTurnOf(message) ?? {
      role: message.role === "user" ? "user" : "assistant",
      content: textOf(message),
    };
    if (typeof turn === "string") return turn;
    turns.push(turn);
  }
  return turns;
}

function toolTurnsOf(trace: readonly KilnMessage[]): ChatTurn[] | string {
  const turns: ChatTurn[] = [];
  for (const message of trace) {
    const turn = toolTurnOf(message);
    if (typeof turn === "string") return turn;
    if (turn !== undefined) turns.push(turn);
  }
  return turns;
}

/** A call of tools, or a tool's answer; undefined for other messages, a text where it lacks what Kiln needs of it. */
function toolTurnOf(message: KilnMessage): ChatTurn | string | undefined {
  if (hasCalls(message))
    return { role: "assistant", content: textOf(message), tool_calls: message["tool_calls"] as ToolCall[] };
  if (message.role !== "tool") return undefined;
  const id = message["tool_call_id"];
  if (typeof id !== "string") return "its trace has a tool's answer that does not say to which call";
  if ((message.content ?? undefined) === undefined) return "its trace has a tool's answer without content";
  return { role: "tool", content: textOf(message), tool_call_id: id };
}

function hasCalls(message: KilnMessage): boolean {
  const calls = message["tool_calls"];
  return message.role === "assistant" && Array.isArray(calls) && calls.length > 0;
}

/** A content is a text, nothing, or OpenAI's parts, of which the texts are taken. */
function textOf({ content }: KilnMessage): string {
  const parts: unknown = content;
  if (typeof parts === "string") return parts;
  if (!Array.isArray(parts)) return "";
  return (parts as { type?: unknown; text?: unknown }[])
    .flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []))
    .join("\n");
}

/** Ids of the tools that the run's model could call. */
function toolIdsOf(run: KilnRun): string[] {
  const config = run.output.source?.run_config as { tools_config?: { tools?: unknown } | null } | null | undefined;
  const tools = config?.tools_config?.tools;
  return Array.isArray(tools) ? tools.filter((id): id is string => typeof id === "string") : [];
}
