import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** @returns a TCP port of loopback that is free now; another program may still take it before it is used */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

/** Whether a TCP port of loopback is free now, and may be used by this user. */
export async function isFree(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => true,
    () => false,
  );
}

async function listenOnce(wanted: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
