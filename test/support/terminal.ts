/** A terminal that tests type on and read from: what stands on it is what a person would see. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { clusters, clusterWidth } from "../../src/cli/actions/review/width.js";

const script = fileURLToPath(new URL("on_terminal.py", import.meta.url));

/** Whether there is what terminals need. */
export const terminals = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

export const key = {
  enter: "\r",
  escape: "\u001B",
  up: "\u001B[A",
  down: "\u001B[B",
  end: "\u001B[F",
  ctrlC: "\u0003",
  ctrlS: "\u0013",
  ctrlU: "\u0015",
} as const;

export interface TerminalOptions {
  cwd: string;
  env?: Record<string, string>;
  rows?: number;
  columns?: number;
}

export class Terminal {
  /** All that was printed, escapes too. */
  raw = "";
  private readonly grids = { usual: new Grid(), other: new Grid() };
  private grid = this.grids.usual;
  private rest = "";
  private readonly ended: Promise<number | null>;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => {
      this.raw += text;
      this.take(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.raw += text));
    child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
  }

  static start(command: readonly string[], { cwd, env = {}, rows = 24, columns = 80 }: TerminalOptions): Terminal {
    const given = Object.fromEntries(
      Object.entries({ ...process.env, TERM: "xterm-256color", ...env }).filter(([, value]) => value !== ""),
    );
    const args = [script, String(rows), String(columns), ...command];
    return new Terminal(spawn("python3", args, { cwd, env: given }));
  }

  /** Types, and waits until the screen shows what is expected. */
  async press(keys: string, expected?: RegExp | string): Promise<string> {
    this.send({ keys });
    return expected === undefined ? this.text : await this.until(expected);
  }

  resize(rows: number, columns: number): void {
    this.send({ size: [rows, columns] });
  }

  signal(number: number): void {
    this.send({ signal: number });
  }

  /** What is on the screen, without what stands behind the last character of each line. */
  get text(): string {
    return this.grid.text;
  }

  /** Whether the screen is the other one, which programs take for themselves. */
  get isTaken(): boolean {
    return this.grid === this.grids.other;
  }

  async until(expected: RegExp | string, mostMs = 20_000): Promise<string> {
    const holds = () => (typeof expected === "string" ? this.text.includes(expected) : expected.test(this.text));
    for (const started = Date.now(); !holds();) {
      if (Date.now() - started > mostMs)
        throw new Error(`there is no ${String(expected)} on the screen:\n${this.text}\n(${this.raw.slice(-300)})`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.text;
  }

  /** Waits for the end. */
  async end(): Promise<number | null> {
    return await this.ended;
  }

  /** Ends what is left of it. */
  kill(): void {
    this.child.stdin.end();
    this.child.kill();
  }

  private send(command: object): void {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  private take(text: string): void {
    const all = this.rest + text;
    // An escape that is not complete yet waits for its end.
    // eslint-disable-next-line no-control-regex
    const [open = ""] = /\u001B(?:\[[0-9;?]*)?$/.exec(all) ?? [];
    this.rest = open;
    // eslint-disable-next-line no-control-regex
    const pieces = all.slice(0, all.length - open.length).split(/(\u001B\[[0-9;?]*[A-Za-z]|\r|\n)/);
    for (const piece of pieces) if (piece !== "") this.obey(piece);
  }

  private obey(piece: string): void {
    // eslint-disable-next-line no-control-regex
    const [, numbers = "", letter = ""] = /^\u001B\[([0-9;?]*)([A-Za-z])$/.exec(piece) ?? [];
    if (letter === "") this.grid.write(piece);
    else if (numbers === "?1049") {
      this.grid = letter === "h" ? this.grids.other : this.grids.usual;
      if (letter === "h") this.grid.clear();
    } else if (letter === "H") this.grid.moveTo(...(numbers.split(";").map(Number) as [number, number]));
    else if (letter === "J") this.grid.clear();
    else if (letter === "K") this.grid.clearLine();
  }
}

/** Lines of cells; a character of two columns leaves the second empty. */
class Grid {
  private lines: string[][] = [];
  private row = 0;
  private column = 0;

  get text(): string {
    // Lines and cells that nothing was written to are missing.
    const lines = Array.from(this.lines, (line?: string[]) => Array.from(line ?? [], (cell?: string) => cell ?? " "));
    return lines
      .map((line) => line.join("").trimEnd())
      .join("\n")
      .trimEnd();
  }

  moveTo(row = 1, column = 1): void {
    this.row = row - 1;
    this.column = column - 1;
  }

  clear(): void {
    this.lines = [];
  }

  clearLine(): void {
    this.lines[this.row] = [];
  }

  write(text: string): void {
    if (text === "\r") this.column = 0;
    else if (text === "\n") this.row++;
    else
      for (const cluster of clusters(text)) {
        const line = (this.lines[this.row] ??= []);
        line[this.column] = cluster;
        const width = clusterWidth(cluster);
        if (width === 2) line[this.column + 1] = "";
        this.column += width;
      }
  }
}
