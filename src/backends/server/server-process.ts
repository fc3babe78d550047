/** One start of a server program: its guard, its output and its end. */
import { randomBytes } from "node:crypto";
import { createWriteStream, renameSync, statSync, type WriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execaNode } from "execa";
import type { FromGuard, ToGuard } from "./guard-protocol.js";
import { LogLines } from "./log-lines.js";

const guardPath = fileURLToPath(new URL("./guard-main.js", import.meta.url));
const largestLog = 20 * 1024 * 1024;
/** What the guard itself may take to end, over what the server may. */
const guardGraceMs = 10_000;
/** For what is left of the output of a server that is gone. */
const mostReadMs = 1_000;

export interface ServerCommand {
  command: string;
  args: readonly string[];
  /** Added to quern's own environment. A secret belongs here and never into the arguments, which all users can read. */
  env: Readonly<Record<string, string>>;
  /** Milliseconds it may take to end when asked. */
  graceMs: number;
}

export interface ServerProcessEvents {
  /** It runs; its number and its guard's are known. */
  onStarted?: () => void;
  /** It printed something, a whole line or not. */
  onOutput?: () => void;
  onLine?: (line: string) => void;
  /** It ended without having been asked to, or never started; called once. */
  onExit?: (reason: string) => void;
}

/** The variable that marks a server's processes. */
export const markVariable = "QUERN_SERVER";

export class ServerProcess {
  /** In the environment of all that the server starts, by which {@link markVariable} finds it. */
  readonly mark = randomBytes(8).toString("hex");
  private readonly guard: ReturnType<typeof startGuard>;
  private readonly log: LogLines;
  private readonly file: WriteStream | undefined;
  private readonly gone: Promise<void>;
  private readonly graceMs: number;
  private stopping = false;
  private over = false;
  /** The guard said that it is gone, with its whole group. */
  private ended = false;
  private serverPid: number | undefined;

  /** @param logFile where the whole output goes */
  constructor(
    command: ServerCommand,
    private readonly events: ServerProcessEvents,
    logFile?: string,
  ) {
    this.log = new LogLines((line) => events.onLine?.(line));
    if (logFile !== undefined) this.file = openLog(logFile);
    this.guard = startGuard();
    for (const stream of ["stdout", "stderr"] as const)
      this.guard[stream].setEncoding("utf8").on("data", (text: string) => {
        this.file?.write(text);
        events.onOutput?.();
        this.log.push(stream, text);
      });
    this.guard.on("message", (message) => this.onMessage(message as FromGuard));
    this.gone = this.untilGone();
    const { graceMs, args } = command;
    this.graceMs = graceMs;
    this.send({
      type: "start",
      command: command.command,
      args,
      env: environment({ ...command.env, [markVariable]: this.mark }),
      graceMs,
    });
  }

  /** The last lines of its output. */
  get lines(): readonly string[] {
    return this.log.lines;
  }

  /** Of the server itself, once it is started; also the number of its process group. */
  get pid(): number | undefined {
    return this.serverPid;
  }

  /** Of the process that ends the server when quern is gone. */
  get guardPid(): number | undefined {
    return this.guard.pid;
  }

  /** Ends the server and all it started, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.send({ type: "stop" });
    // A guard that was itself halted cannot end anything.
    const timer = setTimeout(() => {
      this.endGroup();
      this.guard.kill("SIGKILL");
    }, this.graceMs + guardGraceMs);
    await this.gone;
    clearTimeout(timer);
  }

  private onMessage(message: FromGuard): void {
    switch (message.type) {
      case "started":
        this.serverPid = message.pid;
        this.events.onStarted?.();
        break;
      case "failed":
        this.exit(`it could not be started: ${message.message}`);
        break;
      case "exited":
        this.ended = true;
        this.exit(
          message.signal === null
            ? `it ended with exit code ${message.code ?? "unknown"}`
            : `it was ended by ${message.signal}`,
        );
        break;
    }
  }

  /** Not the promise of the library, which waits for the pipes: something left behind could hold them open. */
  private async untilGone(): Promise<void> {
    const { guard } = this;
    const pipes = [guard.stdout, guard.stderr];
    const read = Promise.all(pipes.map((pipe) => new Promise((resolve) => pipe.once("close", resolve))));
    await new Promise<void>((resolve) => {
      guard.once("exit", () => resolve());
      // It was never started.
      if (guard.pid === undefined) guard.once("error", () => resolve());
    });
    // The guard itself may have been killed, and what it guarded runs on.
    this.endGroup();
    // The reason of a failure is often in the last lines.
    await Promise.race([read, delay(mostReadMs, undefined, { ref: false })]);
    for (const pipe of pipes) pipe.destroy();
    this.log.flush();
    this.file?.end();
    this.exit("the process that guards it was ended");
  }

  private exit(reason: string): void {
    if (this.over) return;
    this.over = true;
    if (!this.stopping) this.events.onExit?.(reason);
  }

  /** Not once the guard has told its end: by then the number may be another's. */
  private endGroup(): void {
    if (this.serverPid !== undefined && !this.ended) killGroup(this.serverPid);
  }

  private send(message: ToGuard): void {
    if (this.guard.connected) this.guard.send(message, () => undefined);
  }
}

/** Ends what is left of a process group; does nothing where nothing is. */
export function killGroup(pid: number): void {
  if (process.platform === "win32") return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}

/** Appends, and begins anew where it has grown large; what there was is kept once as `.old`. */
function openLog(file: string): WriteStream {
  try {
    if (statSync(file).size > largestLog) renameSync(file, `${file}.old`);
  } catch {
    // There is none yet, or it cannot be moved: then it grows.
  }
  // A log that cannot be written must not end the run.
  return createWriteStream(file, { flags: "a", mode: 0o600 }).on("error", () => undefined);
}

function startGuard() {
  return execaNode(guardPath, [], {
    ipc: true,
    serialization: "json",
    buffer: false,
    reject: false,
    // It must outlive quern, and Ctrl-C in quern's terminal must not reach it.
    detached: true,
    cleanup: false,
    stdin: "ignore",
  });
}

function environment(added: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(own), ...added };
}
