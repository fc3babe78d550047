/** How far bytes have come: a bar for a person who watches, a plain line now and then otherwise. */
import progress, { type SingleBar } from "cli-progress";
import { sizeText } from "../models/sizes.js";

const plainIntervalMs = 10_000;
const barIntervalMs = 200;

export class TransferBar {
  private bar: SingleBar | undefined;
  private shown = Date.now();
  private began: { at: number; done: number } | undefined;

  /** @param print writes a line to stderr */
  constructor(
    private readonly command: string,
    private readonly quiet: boolean,
    private readonly print: (text: string) => void,
  ) {}

  /** @param done bytes that are there, of `total` */
  progress(done: number, total: number): void {
    if (this.quiet) return;
    const now = Date.now();
    // What was there before is no measure of how fast it goes.
    this.began ??= { at: now, done };
    const watched = process.stderr.isTTY;
    if (now - this.shown < (watched ? barIntervalMs : plainIntervalMs)) return;
    this.shown = now;
    const rate = (done - this.began.done) / Math.max(0.001, (now - this.began.at) / 1000);
    const view = {
      what: `${sizeText(done)} of ${sizeText(total)}`,
      rate: `${sizeText(Math.max(0, rate))}/s`,
      left: rate > 0 ? duration((total - done) / rate) : "?",
    };
    if (!watched) {
      this.print(`${this.command}: ${view.what}, ${view.rate}, ${view.left} left`);
      return;
    }
    if (this.bar === undefined) {
      this.bar = new progress.SingleBar(
        {
          stream: process.stderr,
          format: `${this.command} {bar} {percentage}% | {what} | {rate} | {left} left`,
          hideCursor: true,
          clearOnComplete: true,
          fps: 5,
          forceRedraw: true,
        },
        progress.Presets.shades_classic,
      );
      this.bar.start(Math.max(1, total), done, view);
    }
    this.bar.setTotal(Math.max(1, total));
    this.bar.update(done, view);
  }

  /** A line of text; the bar is drawn again below it. */
  note(text: string): void {
    if (this.bar !== undefined) process.stderr.write("\r\u001B[2K");
    if (!this.quiet) this.print(text);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}
