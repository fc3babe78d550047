/** The messages between quern and the guard of a server. Both ends are ours, so they are not parsed. */

export interface StartMessage {
  type: "start";
  command: string;
  args: readonly string[];
  /** The whole environment of the server. */
  env: Readonly<Record<string, string>>;
  /** Milliseconds between asking the server to end and ending it. */
  graceMs: number;
}

export type ToGuard = StartMessage | { type: "stop" };

export type FromGuard =
  | { type: "started"; pid: number }
  /** The command could not be started at all. */
  | { type: "failed"; message: string }
  | { type: "exited"; code: number | null; signal: string | null };
