/** The terminal of a review: keys read one by one, frames drawn by the lines that changed, and all put back at the end. */
import { emitKeypressEvents, type Interface } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Frame } from "./layout.js";
import { type Key, type KeyPress, KeyReader } from "./keys.js";
import { painted } from "./spans.js";

const esc = "\u001B[";
/** The other screen, so that what stood on this one comes back; lines that are not divided; marks around pastes. */
const enter = `${esc}?1049h${esc}?7l${esc}?2004h${esc}2J`;
const leave = `${esc}0m${esc}?2004l${esc}?7h${esc}?25h${esc}?1049l`;
/** How long an escape is waited on for more: arrows begin with one. */
const escapeMs = 60;
/** Where nothing stops a process, as without a shell's job control, it goes on after so long. */
const stopMs = 300;

export interface ScreenEvents {
  onKey: (key: Key) => void;
  onResize: () => void;
  /** The terminal is gone. */
  onEnd: () => void;
}

export class Screen {
  private last: string[] = [];
  private entered = false;
  private readonly keys = new KeyReader();
  private readonly restore = () => this.leave();

  /** @param colours whether styles are used at all */
  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream,
    private readonly colours: boolean,
    private readonly events: ScreenEvents,
  ) {}

  get columns(): number {
    return this.output.columns || 80;
  }

  get rows(): number {
    return this.output.rows || 24;
  }

  /** Takes the terminal. However quern ends, but by a kill, it is put back. */
  start(): void {
    // Node's own types want a whole interface, of which only this is read.
    emitKeypressEvents(this.input, { escapeCodeTimeout: escapeMs } as unknown as Interface);
    this.input.on("keypress", this.onKeyPress).on("end", this.events.onEnd).on("close", this.events.onEnd);
    this.output.on("resize", this.onResize);
    process.on("exit", this.restore).on("uncaughtExceptionMonitor", this.restore).on("SIGCONT", this.onContinue);
    this.enter();
  }

  /** Gives the terminal back. */
  stop(): void {
    this.leave();
    this.input.off("keypress", this.onKeyPress).off("end", this.events.onEnd).off("close", this.events.onEnd);
    this.output.off("resize", this.onResize);
    process.off("exit", this.restore).off("uncaughtExceptionMonitor", this.restore).off("SIGCONT", this.onContinue);
  }

  draw({ lines, cursor }: Frame): void {
    if (!this.entered) return;
    const next = lines.map((line) => painted(line, this.colours));
    const changed = next.flatMap((line, row) =>
      line === this.last[row] ? [] : [`${esc}${row + 1};1H${esc}2K${line}`],
    );
    this.last = next;
    const place = cursor === undefined ? "" : `${esc}${cursor.row + 1};${cursor.column + 1}H${esc}?25h`;
    this.output.write(`${esc}?25l${changed.join("")}${place}`);
  }

  /** Has the next frame drawn whole. */
  forget(): void {
    this.last = [];
    if (this.entered) this.output.write(`${esc}2J`);
  }

  /** Gives the terminal to another program meanwhile. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.leave();
    // What the other program is sent, such as by Ctrl-C, is not meant for quern.
    const listeners = process.listeners("SIGINT");
    const ignore = () => undefined;
    process.removeAllListeners("SIGINT").on("SIGINT", ignore);
    try {
      return await work();
    } finally {
      process.off("SIGINT", ignore);
      for (const listener of listeners) process.on("SIGINT", listener);
      this.enter();
    }
  }

  /** Stops quern as Ctrl-Z does, until the shell lets it go on. */
  suspend(): void {
    this.leave();
    setTimeout(() => this.onContinue(), stopMs);
    process.kill(process.pid, "SIGTSTP");
  }

  private enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.input.setRawMode(true);
    this.input.resume();
    this.output.write(enter);
    this.last = [];
  }

  private leave(): void {
    if (!this.entered) return;
    this.entered = false;
    try {
      this.output.write(leave);
      this.input.setRawMode(false);
    } catch {
      // The terminal is gone, and nothing is left to put back.
    }
    this.input.pause();
  }

  private readonly onKeyPress = (text: string | undefined, press: KeyPress) => {
    const key = this.keys.read(text, press);
    if (key !== undefined) this.events.onKey(key);
  };

  private readonly onResize = () => {
    this.forget();
    this.events.onResize();
  };

  private readonly onContinue = () => {
    this.enter();
    this.events.onResize();
  };
}
