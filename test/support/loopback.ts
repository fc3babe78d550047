/** Some tests talk to a server of their own on loopback, which is down in a fresh network namespace (`unshare -n`). */
import { spawnSync } from "node:child_process";
import os from "node:os";

export default function setup(): void {
  const isUp = Object.values(os.networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "127.0.0.1"),
  );
  if (isUp) return;
  const { status } = spawnSync("ip", ["link", "set", "lo", "up"]);
  console.warn(
    status === 0
      ? "Loopback was down, as in a fresh network namespace: it was brought up for the tests."
      : "Loopback is down and could not be brought up: tests with a server of their own will fail.",
  );
}
