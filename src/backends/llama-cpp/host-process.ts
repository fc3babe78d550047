/** The child process that hosts the model, seen from the parent: started, spoken to, and told apart when it dies. */
import { fileURLToPath } from "node:url";
import { execaNode } from "execa";
import type { FromWorker, ToWorker } from "./protocol.js";

const workerPath = fileURLToPath(new URL("./worker/main.js", import.meta.url));
const keptStderrCharacters = 2_000;

export interface HostProcessEvents {
  onMessage: (message: FromWorker) => void;
  /** The process ended, for any reason but `stop`. */
  onDeath: (reason: string) => void;
}

export class HostProcess {
  private readonly child: ReturnType<typeof startWorker>;
  private stderr = "";
  private stopping = false;

  /**
   * @param decodingThreads how many contexts may decode side by side
   */
  constructor(decodingThreads: number, events: HostProcessEvents) {
    this.child = startWorker(decodingThreads);
    this.child.stdout.resume();
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-keptStderrCharacters);
    });
    this.child.on("message", (message) => events.onMessage(message as FromWorker));
    void this.child.then((result) => {
      if (this.stopping) return;
      events.onDeath(deathReason(result.signal, result.exitCode, this.stderr));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Does nothing when the process is gone: its death is reported on its own. */
  send(message: ToWorker): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  /** Ends the process at once; whatever it was doing is of no more use. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.child.kill("SIGKILL");
    await this.child;
  }
}

function startWorker(decodingThreads: number) {
  return execaNode(workerPath, [], {
    ipc: true,
    serialization: "json",
    buffer: false,
    reject: false,
    cleanup: true,
    stdin: "ignore",
    // One thread for each context: its sampling jobs then run in order instead of racing for the cores.
    env: { UV_THREADPOOL_SIZE: String(decodingThreads) },
    nodeOptions: [],
  });
}

function deathReason(signal: string | undefined, exitCode: number | undefined, stderr: string): string {
  const how =
    signal === "SIGKILL"
      ? "was killed (by the system when memory runs out, or by hand)"
      : signal !== undefined
        ? `crashed with ${signal}`
        : `ended with exit code ${exitCode ?? "unknown"}`;
  const lastLines = stderr.trim().split("\n").slice(-3).join(" | ");
  return lastLines === "" ? how : `${how}: ${lastLines}`;
}
