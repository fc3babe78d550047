import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** @returns a TCP port of loopback that is free now; another program may still take it before it is used */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
