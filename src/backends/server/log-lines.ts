/** The output of a server as lines: bars that are redrawn with carriage returns count as lines, colours are taken out. */

/** Enough for the traces of many requests that fail at once, above which the reason stands. */
const keptLines = 4_000;
const longestLine = 2_000;
// eslint-disable-next-line no-control-regex -- escape sequences start with one
const escapes = /\u001B\[[0-9;?]*[A-Za-z]/g;

export class LogLines {
  private readonly kept: string[] = [];
  private readonly rests = new Map<string, string>();

  /** @param onLine called with each complete line that is not empty */
  constructor(private readonly onLine: (line: string) => void = () => undefined) {}

  /** The last 4,000 lines, oldest first. */
  get lines(): readonly string[] {
    return this.kept;
  }

  /** @param stream tells outputs apart whose lines must not run into each other */
  push(stream: string, text: string): void {
    const pieces = ((this.rests.get(stream) ?? "") + text).split(/\r\n|\n|\r/);
    this.rests.set(stream, pieces.pop()!.slice(-longestLine));
    for (const piece of pieces) this.add(piece);
  }

  /** Takes what has no end yet as lines of their own. */
  flush(): void {
    for (const [stream, rest] of this.rests) {
      this.rests.set(stream, "");
      this.add(rest);
    }
  }

  private add(piece: string): void {
    const line = piece.replace(escapes, "").trimEnd().slice(0, longestLine);
    if (line === "") return;
    this.kept.push(line);
    if (this.kept.length > keptLines) this.kept.shift();
    this.onLine(line);
  }
}
