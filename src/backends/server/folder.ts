/** Where logs of servers and the records of those that run are kept. */
import path from "node:path";
import { stateFolder } from "../../files/folders.js";

export function serversFolder(): string {
  return path.join(stateFolder(), "servers");
}

export function tellOrphans(count: number, onNotice: (text: string) => void): void {
  if (count > 0)
    onNotice(
      count === 1
        ? "a server that an earlier run left behind was ended"
        : `${count} servers that earlier runs left behind were ended`,
    );
}
