import { UsageError } from "../../../errors.js";
import { openTask } from "../../../pipeline/projects/index.js";
import { addInput, editInput, editOutput, removeOutput, removeSample } from "../../../pipeline/synthesis/edit.js";
import { removeSession, type Sample, Session, sessionIds } from "../../../pipeline/synthesis/session.js";
import { parsePath, pathText } from "../../../pipeline/synthesis/topic-name.js";
import type { SamplesFlags } from "../../samples.js";
import { type Report, runReport } from "../../session.js";
import { lastOpen } from "./session.js";
import { textFlag } from "../text-flag.js";

export async function samplesAction(given: string, flags: SamplesFlags): Promise<void> {
  await runReport("samples", flags, {}, async () => {
    const task = await openTask(given);
    if (flags.removeSession !== undefined) {
      for (const id of flags.removeSession) await removeSession(task, id);
      return {
        json: { removed: flags.removeSession },
        lines: flags.removeSession.map((id) => `Removed the session ${id}`),
      };
    }
    if (flags.sessions === true) return await sessionsReport(task);
    const id = (await lastOpen(task, flags.session)) ?? (await sessionIds(task)).at(-1);
    if (id === undefined)
      throw new UsageError(`the task "${task.task.name}" has no session`, {
        remedy: "begin one with quern topics, quern inputs or quern generate",
      });
    const lines = await change(task, id, flags);
    await using session = await Session.resume(task, id, true);
    if (flags.show !== undefined) return await oneReport(session, flags.show);
    const samples = session.under(session.topics.get(parsePath(flags.under ?? "")));
    const all = await Promise.all(samples.map((sample) => factsOf(session, sample)));
    const counts = `${all.length} samples, ${all.filter(({ output }) => output !== undefined).length} with an output, ${all.filter(({ saved }) => saved).length} saved, ${all.filter(({ rejected }) => rejected).length} kept out by the judge`;
    return {
      json: { session: id, samples: all },
      lines: [...lines, ...(lines.length > 0 ? [] : tableOf(all)), `Session ${id}: ${counts}`],
    };
  });
}

/** Does what the flags want changed. @returns what was done, a line each */
async function change(task: Session["task"], id: string, flags: SamplesFlags): Promise<string[]> {
  const { add, remove = [], removeOutput: outputs = [], editInput: input, editOutput: output } = flags;
  const edits = input !== undefined || output !== undefined;
  if (edits !== (flags.text !== undefined) || (input !== undefined && output !== undefined))
    throw new UsageError("--edit-input or --edit-output go with --text", { remedy: "give one of them and the text" });
  if (add === undefined && remove.length + outputs.length === 0 && !edits) return [];
  await using session = await Session.resume(task, id);
  const done: string[] = [];
  for (const one of remove) {
    await removeSample(session, one);
    done.push(`Removed ${one}`);
  }
  for (const one of outputs) {
    await removeOutput(session, one);
    done.push(`Removed the output of ${one}`);
  }
  const text = await textFlag("--text", flags.text);
  if (input !== undefined) await editInput(session, input, text ?? "");
  if (output !== undefined) await editOutput(session, output, text ?? "");
  if (edits) done.push(`Changed ${input ?? output ?? ""}`);
  if (add !== undefined) {
    const sample = await addInput(session, parsePath(flags.under ?? ""), (await textFlag("--add", add)) ?? "");
    done.push(`Added ${sample.id}`);
  }
  if (session.closed) await session.write({ closed: false });
  return done;
}

async function sessionsReport(task: Session["task"]): Promise<Report> {
  const all = await Promise.all(
    (await sessionIds(task)).map(async (id) => {
      await using session = await Session.resume(task, id, true);
      const samples = [...session.samples.values()];
      return {
        id,
        created_at: session.createdAt,
        goal: session.settings.goal,
        template: session.settings.template.name,
        guidance: session.settings.guidance,
        topics: session.topics.size,
        samples: samples.length,
        saved: samples.filter(({ saved }) => saved).length,
        finished: session.closed,
      };
    }),
  );
  return {
    json: { sessions: all },
    lines: all.map(
      (one) =>
        `${one.id}  ${one.created_at.slice(0, 16).replace("T", " ")}  ${one.goal}, ${one.template}: ${one.topics} topics, ${one.samples} samples, ${one.saved} saved${one.finished ? "" : ", not finished"}`,
    ),
  };
}

async function factsOf(session: Session, sample: Sample) {
  const { id, topic, input, label, rejected, saved } = sample;
  const output = await session.outputOf(sample);
  return {
    id,
    topic,
    input,
    label,
    output: output?.text,
    verdict: output?.verdict?.verdict,
    reason: output?.verdict?.reason,
    rejected,
    saved,
  };
}

async function oneReport(session: Session, id: string): Promise<Report> {
  const found = [...session.samples.values()].filter((sample) => sample.id.startsWith(id));
  const [sample] = found;
  if (sample === undefined || found.length > 1)
    throw new UsageError(found.length > 1 ? `${found.length} samples begin with ${id}` : `there is no sample ${id}`, {
      remedy: "quern samples lists them",
    });
  const facts = await factsOf(session, sample);
  const output = await session.outputOf(sample);
  return {
    json: { ...facts, details: output },
    lines: [
      `${facts.id}${facts.topic.length > 0 ? `, ${pathText(facts.topic)}` : ""}, meant to ${facts.label}${facts.saved ? ", saved" : ""}`,
      `Input:  ${printable(facts.input)}`,
      `Output: ${printable(facts.output ?? "none")}`,
      ...(output?.chain_of_thought === undefined ? [] : [`Thought: ${printable(output.chain_of_thought)}`]),
      ...(facts.verdict === undefined ? [] : [`Judge: ${facts.verdict}, ${printable(facts.reason ?? "")}`]),
    ],
  };
}

function tableOf(all: readonly Awaited<ReturnType<typeof factsOf>>[]): string[] {
  const lines: string[] = [];
  let topic = "\n";
  for (const one of all) {
    const at = pathText(one.topic);
    if (at !== topic && at !== "") lines.push(at);
    topic = at;
    const state = one.saved ? "saved" : one.rejected ? "kept out" : one.output === undefined ? "no output" : "";
    lines.push(`  ${one.id} ${short(one.input, 60)} → ${short(one.output ?? "", 60)} ${state}`.trimEnd());
  }
  return lines;
}

/** Control characters of data must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, "�");
}

function short(text: string, length: number): string {
  const line = printable(text).replace(/\s+/g, " ");
  return line.length <= length ? line : `${line.slice(0, length).toWellFormed()}…`;
}
