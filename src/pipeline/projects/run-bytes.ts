/**
 * Reads very many small files. Synchronously, since asynchronous reads take several times as long, and into large pieces
 * of memory, since a buffer for each file would be most of the work.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { encodingProblem } from "./json.js";

/** The bytes of a file within a piece of memory. */
export interface Bytes {
  memory: Buffer;
  start: number;
  end: number;
}

const memorySize = 4 * 1024 * 1024;
/** A file that is larger than what is left gets memory of its own. */
const leastLeft = 64 * 1024;
/** A pipe in the place of a file must not keep quern waiting. Windows has no such flag. */
const flags = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0);

export class BytesReader {
  private memory = Buffer.alloc(0);
  private used = 0;

  /** @param holds whether what was read stays as it is when more is read */
  constructor(private readonly holds: boolean) {}

  /** @throws the system's error where the file cannot be read */
  read(file: string): Bytes {
    if (!this.holds) this.used = 0;
    if (this.memory.length - this.used < leastLeft) {
      this.memory = Buffer.allocUnsafeSlow(memorySize);
      this.used = 0;
    }
    const descriptor = openSync(file, flags);
    try {
      return this.readAll(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  private readAll(descriptor: number): Bytes {
    const start = this.used;
    let { memory } = this;
    let end = start;
    for (;;) {
      const room = memory.length - end;
      const read = readSync(descriptor, memory, end, room, null);
      end += read;
      // Less than was asked for is the end of a file.
      if (read < room) break;
      const larger = Buffer.allocUnsafeSlow(memory.length * 2);
      memory.copy(larger, start, start, end);
      memory = larger;
    }
    if (memory === this.memory) this.used = end;
    return { memory, start, end };
  }
}

/** @returns the text, or why Kiln cannot read it as one */
export function textOf({ memory, start, end }: Bytes): { text: string } | { problem: string } {
  const problem = encodingProblem(memory.subarray(start, end));
  return problem === undefined ? { text: memory.toString("utf8", start, end) } : { problem };
}

const parentKey = '"parent_task_run_id"';
const nullValue = Buffer.from(": null");

/** The run that a run follows, without parsing its file; the key stands near the end. */
export function parentIn({ memory, start, end }: Bytes): string | undefined {
  const at = memory.lastIndexOf(parentKey, end - 1);
  if (at < start) return undefined;
  const behind = at + parentKey.length;
  if (memory.compare(nullValue, 0, nullValue.length, behind, behind + nullValue.length) === 0) return undefined;
  const [, value] = /^\s*:\s*("(?:[^"\\]|\\.)+")/.exec(memory.toString("utf8", behind, end)) ?? [];
  return value === undefined ? undefined : (JSON.parse(value) as string);
}
