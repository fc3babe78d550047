/** One start of a server program: its guard, its output and its end. */
import { createWriteStream, type WriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { execaNode } from "execa";
import type { FromGuard, ToGuard } from "./guard-protocol.js";
import { LogLines } from "./log-lines.js";

const guardPath = fileURLToPath(new URL("./guard-main.js", import.meta.url));

export interface ServerCommand {
  command: string;
  args: readonly string[];
  /** Added to quern's own environment. A secret belongs here and never into the arguments, which all users can read. */
  env: Readonly<Record<string, string>>;
  /** Milliseconds it may take to end when asked. */
  graceMs: number;
}

export interface ServerProcessEvents {
  onLine?: (line: string) => void;
  /** It ended without having been asked to, or never started; called once. */
  onExit?: (reason: string) => void;
}

export class ServerProcess {
  private readonly guard: ReturnType<typeof startGuard>;
  private readonly log: LogLines;
  private readonly file: WriteStream | undefined;
  private readonly gone: Promise<void>;
  private stopping = false;
  private over = false;
  private serverPid: number | undefined;

  /** @param logFile where the whole output goes */
  constructor(
    command: ServerCommand,
    private readonly events: ServerProcessEvents,
    logFile?: string,
  ) {
    this.log = new LogLines((line) => events.onLine?.(line));
    if (logFile !== undefined) {
      this.file = createWriteStream(logFile, { flags: "a", mode: 0o600 });
      // A log that cannot be written must not end the run.
      this.file.on("error", () => undefined);
    }
    this.guard = startGuard();
    for (const stream of ["stdout", "stderr"] as const)
      this.guard[stream].setEncoding("utf8").on("data", (text: string) => {
        this.file?.write(text);
        this.log.push(stream, text);
      });
    this.guard.on("message", (message) => this.onMessage(message as FromGuard));
    // Not the promise of the library, which waits for the pipes: something left behind could hold them open.
    this.gone = new Promise((resolve) => this.guard.once("exit", () => resolve()));
    void this.gone.then(() => {
      this.log.flush();
      this.file?.end();
      this.exit("the process that guards it was ended");
    });
    const { graceMs, args } = command;
    this.send({ type: "start", command: command.command, args, env: environment(command.env), graceMs });
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
    await this.gone;
    // The guard itself may have been killed.
    if (this.serverPid !== undefined) killGroup(this.serverPid);
  }

  private onMessage(message: FromGuard): void {
    switch (message.type) {
      case "started":
        this.serverPid = message.pid;
        break;
      case "failed":
        this.exit(`it could not be started: ${message.message}`);
        break;
      case "exited":
        this.log.flush();
        this.exit(
          message.signal === null
            ? `it ended with exit code ${message.code ?? "unknown"}`
            : `it was ended by ${message.signal}`,
        );
        break;
    }
  }

  private exit(reason: string): void {
    if (this.over) return;
    this.over = true;
    if (this.serverPid !== undefined) killGroup(this.serverPid);
    if (!this.stopping) this.events.onExit?.(reason);
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
