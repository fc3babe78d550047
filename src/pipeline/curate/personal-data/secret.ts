/** Keys, tokens and passwords: by the prefixes that services give them, and by what is written before them. */
import { type Family, type Found, matches } from "./family.js";

const word = "(?<![\\p{L}\\p{N}_-])";
const end = "(?![\\p{L}\\p{N}_-])";
const known: readonly [string, RegExp][] = [
  ["AWS access key", new RegExp(`${word}(?:AKIA|ASIA|AROA|AIDA)[A-Z2-7]{16}${end}`, "gu")],
  ["Google API key", new RegExp(`${word}AIza[\\w-]{35}${end}`, "gu")],
  ["GitHub token", new RegExp(`${word}(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\\w{22,255})${end}`, "gu")],
  ["GitLab token", new RegExp(`${word}glpat-[\\w-]{20,}${end}`, "gu")],
  ["Slack token", new RegExp(`${word}xox[abeoprs]-[A-Za-z0-9-]{10,250}${end}`, "gu")],
  ["API key of a model service", new RegExp(`${word}sk-(?:ant-|proj-|svcacct-|or-v1-)?[\\w-]{20,250}${end}`, "gu")],
  ["Hugging Face token", new RegExp(`${word}hf_[A-Za-z0-9]{30,50}${end}`, "gu")],
  ["Stripe key", new RegExp(`${word}(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}${end}`, "gu")],
  ["npm token", new RegExp(`${word}npm_[A-Za-z0-9]{36}${end}`, "gu")],
  ["PyPI token", new RegExp(`${word}pypi-[\\w-]{50,500}${end}`, "gu")],
  ["SendGrid key", new RegExp(`${word}SG\\.[\\w-]{16,32}\\.[\\w-]{16,64}${end}`, "gu")],
  ["Twilio key", new RegExp(`${word}(?:SK|AC)[0-9a-f]{32}${end}`, "gu")],
  ["Telegram token", new RegExp(`${word}\\d{8,10}:AA[\\w-]{32,33}${end}`, "gu")],
  ["Shopify token", new RegExp(`${word}shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}${end}`, "gu")],
  ["DigitalOcean token", new RegExp(`${word}do[oprt]_v1_[0-9a-f]{64}${end}`, "gu")],
  ["age secret key", new RegExp(`${word}AGE-SECRET-KEY-1[A-Z0-9]{58}${end}`, "gu")],
  ["JSON web token", new RegExp(`${word}eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]{8,}`, "gu")],
  [
    "private key",
    /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,20000}?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)/gu,
  ],
];

/** A name that says what follows is secret, and the value. */
const assigned =
  /(?<![\p{L}\p{N}])(?:[\w-]{0,40}?(?:api[_-]?key|secret(?:[_-]?key)?|access[_-]?token|auth[_-]?token|password|passwd|pwd|client[_-]?secret|private[_-]?key))["']?\s*(?:[:=]|=>|:=)\s*["']?([^\s"'`,;<>()[\]{}]{8,200})/giu;
/** Mail and password before the machine's name in an address of a service. */
const inAddress = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{1,80}:([^\s:/@]{3,100})@[^\s/]/giu;

/** Values that stand for a secret and are none. */
const placeholder =
  /^(?:\$|%|\*+|x+$|\.{3}|your|my[_-]?|the[_-]?|example|change|placeholder|replace|insert|test|dummy|secret|password|process\.env|os\.|none|null|true|false|undefined|string)/i;

export const secret: Family = {
  name: "secret",
  description: "keys and tokens by their services' prefixes, private keys, passwords that are called so",
  find(text) {
    const found: Found[] = known.flatMap(([kind, pattern]) =>
      matches(text, pattern, "SECRET", kind, isVaried, (match) => match),
    );
    for (const [kind, pattern] of [
      ["password or key", assigned],
      ["password in an address", inAddress],
    ] as const)
      for (const match of text.matchAll(pattern)) {
        const value = match[1]!;
        if (placeholder.test(value) || (kind === "password or key" && !isRandom(value))) continue;
        const start = match.index + match[0].lastIndexOf(value);
        found.push({ start, end: start + value.length, label: "SECRET", kind, value });
      }
    return found;
  },
};

/** Examples have the same letter over and over. */
function isVaried(match: string): boolean {
  return new Set(match.slice(-16)).size >= 5;
}

/** Whether a value looks made up to be secret: letters and digits mixed, many different ones. */
function isRandom(value: string): boolean {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(value)).length;
  return kinds >= 2 && /\p{N}/u.test(value) && new Set(value).size >= 6;
}
