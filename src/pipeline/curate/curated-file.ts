/**
 * The curated file, written record by record: synthetic-data-kit's shape as JSON, or JSON Lines where the name says so.
 * Conversations stand behind all pairs in that shape, so they are written aside until then. What was dropped goes to a
 * file of its own as it comes.
 */
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { stemOf } from "../files/names.js";
import { asideName, FileWriter, guarded, workFolder } from "../files/write.js";
import type { RecordKind, StoredRecord } from "../records/read.js";
import { conversationOf } from "../records/record.js";
import type { CurationMetrics } from "./report.js";

/** The records that were not kept, one per line, beside the curated file. */
export function droppedPath(output: string): string {
  return path.join(path.dirname(output), `${stemOf(output)}.dropped.jsonl`);
}

export class CuratedFile {
  private kept = 0;

  private constructor(
    readonly output: string,

    private readonly file: FileWriter,
    private readonly dropped: FileWriter,
    /** Absent where the records are conversations themselves, or the file has only records. */
    private readonly conversations: { file: string; writer: FileWriter } | undefined,
    private readonly asLines: boolean,
  ) {}

  /**
   * @param rest keys of the input beside its records; `summary` goes first, the others last
   * @throws {OutputError}
   */
  static async open(output: string, kind: RecordKind, rest: Readonly<Record<string, unknown>>): Promise<CuratedFile> {
    const asLines = output.toLowerCase().endsWith(".jsonl");
    const file = await FileWriter.open(output);
    const opened = [file];
    try {
      const dropped = await FileWriter.open(droppedPath(output));
      opened.push(dropped);
      let conversations: { file: string; writer: FileWriter } | undefined;
      if (!asLines) {
        await file.write(`{\n  "summary": ${indented(rest["summary"] ?? "", 2)},\n  "${kind}": [`);
        if (kind !== "conversations") {
          const aside = asideName(
            path.join(path.dirname(output), workFolder, `${path.basename(output)}.conversations`),
          );
          conversations = { file: aside, writer: await FileWriter.open(aside, output) };
        }
      }
      return new CuratedFile(output, file, dropped, conversations, asLines);
    } catch (error) {
      for (const writer of opened) await writer.discard();
      throw error;
    }
  }

  /** @throws {OutputError} */
  async keep(record: StoredRecord): Promise<void> {
    if (this.asLines) return await this.file.write(`${JSON.stringify(record.raw)}\n`);
    const comma = this.kept++ === 0 ? "" : ",";
    await this.file.write(`${comma}\n    ${indented(record.raw, 4)}`);
    await this.conversations?.writer.write(`${comma}\n    ${indented(record.turns ?? conversationOf(record), 4)}`);
  }

  /** @param record with its reason in `dropped` */
  async drop(record: Readonly<Record<string, unknown>>): Promise<void> {
    await this.dropped.write(`${JSON.stringify(record)}\n`);
  }

  /** Ends the file and puts it, and the dropped records, in their places. */
  async commit(metrics: CurationMetrics, rest: Readonly<Record<string, unknown>>): Promise<void> {
    if (!this.asLines) {
      const end = this.kept === 0 ? "]" : "\n  ]";
      await this.file.write(end);
      if (this.conversations !== undefined) {
        const { file, writer } = this.conversations;
        await this.file.write(`,\n  "conversations": [`);
        await writer.commit();
        await guarded(this.output, async () => {
          for await (const piece of createReadStream(file)) await this.file.write(piece as Buffer);
        });
        await rm(file, { force: true });
        await this.file.write(end);
      }
      await this.file.write(`,\n  "metrics": ${indented(metrics, 2)}`);
      for (const [key, value] of Object.entries(rest))
        if (key !== "summary" && value !== undefined)
          await this.file.write(`,\n  ${JSON.stringify(key)}: ${indented(value, 2)}`);
      await this.file.write("\n}\n");
    }
    await this.file.commit();
    await this.dropped.commit();
  }

  /** Leaves what stood there before. */
  async discard(): Promise<void> {
    await this.file.discard();
    await this.dropped.discard();
    if (this.conversations !== undefined) {
      await this.conversations.writer.discard();
      await rm(this.conversations.file, { force: true });
    }
  }
}

/** JSON as it stands within an object that is indented by two at each level. */
function indented(value: unknown, spaces: number): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${" ".repeat(spaces)}`);
}
