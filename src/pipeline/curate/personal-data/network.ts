/** Addresses of machines: IPv4, IPv6, MAC. Those that belong to nobody in particular are left. */
import { isIPv4, isIPv6 } from "node:net";
import { type Family, matches } from "./family.js";

const v4 = /(?<![\p{L}\p{N}.:-])(?:\d{1,3}\.){3}\d{1,3}(?![\p{L}\p{N}]|[.:]?\d|\.\p{L})/gu;
const v6 = /(?<![\p{L}\p{N}:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\p{L}\p{N}:])/giu;
const mac = /(?<![\p{L}\p{N}:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\p{L}\p{N}]|[:-][0-9a-f])/giu;

/** Loopback, unspecified, broadcast, documentation (RFC 5737), masks, multicast; private ones (RFC 1918) are told. */
const nobody =
  /^(?:0\.|127\.|255\.|2(?:2[4-9]|[34]\d|5[0-5])\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|(?:8\.8\.(?:8\.8|4\.4)|1\.1\.1\.1|1\.0\.0\.1|9\.9\.9\.9)$)/;
const nobody6 = /^(?:::1?$|ff|2001:0?db8:|fe80::?$)/i;
/** Numbers of four parts that are no addresses: versions, sections. */
const version = /(?:\b(?:v|ver|version|release|section|chapter|rfc|build|firmware|§)\.?\s*)$/i;

export const network: Family = {
  name: "network",
  description: "IP addresses and MAC addresses, but for loopback, documentation and the like",
  find: (text) => [
    ...matches(
      text,
      v4,
      "IP",
      "IP address",
      (match, { before }) =>
        isIPv4(match) && !nobody.test(match) && !version.test(before) && !/^\d\.\d\.\d\.\d$/.test(match),
      (match) => match,
    ),
    ...matches(
      text,
      v6,
      "IP",
      "IP address",
      // Hours and ratios have colons too: an address has a double one or all eight groups.
      (match) => isIPv6(match) && !nobody6.test(match) && (match.length >= 7 || /[a-f]/i.test(match)),
      (match) => match.toLowerCase(),
    ),
    ...matches(text, mac, "MAC", "MAC address", (match) => !/^(?:(?:00[:-]?)+|(?:ff[:-]?)+)$/i.test(match)),
  ],
};
