/** Folders of the user's that quern keeps things in, by the customs of each system. */
import os from "node:os";
import path from "node:path";

/**
 * What is only of use on this machine: logs of servers, measurements, what runs. `QUERN_STATE` names another.
 * @returns an absolute path; the folder may not exist yet
 */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment["QUERN_STATE"];
  if (named !== undefined && named !== "") return path.resolve(named);
  const home = os.homedir();
  if (process.platform === "darwin") return path.join(home, "Library", "Application Support", "quern", "state");
  if (process.platform === "win32")
    return path.join(environment["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "quern", "state");
  return path.join(environment["XDG_STATE_HOME"] ?? path.join(home, ".local", "state"), "quern");
}
