/** Which addresses of the Internet Protocol belong to private networks, and names that lead there. */
import { lookup as lookUp, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP } from "node:net";

/** IANA's special-purpose registries: what is not reachable from everywhere. */
const special = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  special.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  special.addSubnet(network, bits, "ipv6");

/** Whether an address, in numbers, is of this machine or of a private network. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  // An IPv4 address in IPv6's clothes is checked as what it is.
  const mapped = /^::ffff:(?:0:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return special.check(mapped, "ipv4");
  return family !== 0 && special.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** Where names lead, and which addresses are private; replaced in tests, which have no network. */
export interface Network {
  lookup: (hostname: string, options: LookupOptions & { all: true }) => Promise<LookupAddress[]>;
  isPrivate: (address: string) => boolean;
}

/** As the system has it. */
export const systemNetwork: Network = {
  lookup: (hostname, options) =>
    new Promise((resolve, reject) => {
      lookUp(hostname, options, (error, addresses) => {
        if (error === null) resolve(addresses);
        else reject(error);
      });
    }),
  isPrivate,
};
