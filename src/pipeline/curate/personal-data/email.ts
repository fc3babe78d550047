/** Mail addresses (RFC 5321's common part: dotted words, a domain with a top level of letters). */
import { type Family, matches } from "./family.js";

const pattern =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}](?:[\p{L}\p{N}_%+'-]|\.(?!\.)){0,62}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:\p{L}{2,24}|xn--[a-z0-9-]{2,40})(?![\p{L}\p{N}@-])/giu;

/** Domains that are reserved for examples (RFC 2606): nobody's. */
const reserved = /@(?:[^@]+\.)?(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost)$/i;
/** Names of files that have the form of an address: `icon@2x.png`. */
const file = /@\d+x\.(?:png|jpe?g|gif|svg|webp)$/i;

export const email: Family = {
  name: "email",
  description: "mail addresses, but for those reserved for examples",
  find: (text) =>
    text.includes("@")
      ? matches(
          text,
          pattern,
          "EMAIL",
          "mail address",
          (match) => !reserved.test(match) && !file.test(match) && match.indexOf("@") <= 64,
          (match) => match.toLowerCase(),
        )
      : [],
};
