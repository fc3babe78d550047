/**
 * Names as Kiln takes them: they become folder names on all systems.
 * Source: kiln_ai/datamodel/basemodel.py, `string_to_valid_name` and `FilenameString` (kiln-ai 1.1.0).
 */

/** Most characters of a name, of a short one, and of the part of a name that a folder is called by. */
export const mostNameCharacters = 120;
export const mostShortNameCharacters = 32;
const mostFolderCharacters = 32;

/** What Python's `\s` matches in texts; JavaScript's has a byte order mark and lacks some control characters. */
const space = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const spaces = new RegExp(`[${space}]+`, "g");
const outerSpaces = new RegExp(`^[${space}]+|[${space}]+$`, "g");

const forbidden = /[/\\?%*:|"<>.,;=\n]/g;

/**
 * Kiln's `string_to_valid_name`. What it gives is not always a name that Kiln takes: outer underscores and spaces are
 * each taken away once.
 */
export function validName(text: string): string {
  return (
    text
      .normalize("NFKD")
      .replace(forbidden, " ")
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001F]/g, " ")
      .replace(spaces, " ")
      .replace(/_+/g, "_")
      .replace(/^_+|_+$/g, "")
      .replace(outerSpaces, "")
  );
}

/** @returns the nearest name that Kiln takes, empty where nothing is left */
export function nearestName(text: string, most = mostNameCharacters): string {
  let name = text;
  for (;;) {
    const next = Array.from(validName(name)).slice(0, most).join("");
    if (next === name) return name;
    name = next;
  }
}

/**
 * Kiln takes letters with accents, Hangul and voiced kana only taken apart (NFKD). Where that changes nothing that is
 * seen, it is done for the user, who could hardly type it.
 * @returns the name as it is stored
 */
export function storedName(name: string): string {
  const apart = name.normalize("NFD");
  return apart === name.normalize("NFKD") ? apart : name;
}

/**
 * @param most characters, 120 for names of projects and tasks, 32 for short ones
 * @returns what is wrong with a name and which to take instead; undefined where Kiln takes it
 */
export function nameProblem(name: string, most = mostNameCharacters): string | undefined {
  const { length } = Array.from(name);
  if (length === 0) return "the name is empty";
  if (length <= most && validName(name) === name) return undefined;
  const nearest = nearestName(name, most);
  const instead = nearest === "" ? "" : `; "${nearest}" would do`;
  if (length > most) return `the name has ${length} characters, and ${most} are possible${instead}`;
  return `${whatIsWrong(name)}${instead}`;
}

function whatIsWrong(name: string): string {
  const bad = [...new Set(name.match(forbidden) ?? [])].filter((one) => one !== "\n");
  if (bad.length > 0) return `Kiln takes no ${bad.join(" ")} in names`;
  if (/\p{Cc}/u.test(name)) return "Kiln takes no control characters in names";
  const apart = name.normalize("NFKD");
  if (validName(apart) === apart) return "Kiln takes letters and signs in names only taken apart (Unicode's NFKD)";
  return "Kiln takes no double or outer spaces or underscores in names, and no space other than the plain one";
}

/**
 * The folder of a child: its id and the beginning of its name. Readers take any name of a folder.
 * @param name undefined for what has none
 */
export function folderName(id: string, name?: string): string {
  if (name === undefined) return id;
  const short = validName(Array.from(name).slice(0, mostFolderCharacters).join(""));
  // Kiln refuses to save what has such a name.
  return short === "" ? id : `${id} - ${short}`;
}

const named: Readonly<Record<string, string>> = { "\t": "a tab", "\n": "an end of a line", "\r": "an end of a line" };

/**
 * Kiln takes any text as an id, and makes folders of it.
 * @returns why an id cannot be one's folder, undefined where it can
 */
export function idProblem(id: string): string | undefined {
  if (id === "") return "the id is empty";
  if (/^\.+$/.test(id) || /[/\\\p{Cc}]/u.test(id)) return `the id ${JSON.stringify(id)} cannot be the name of a folder`;
  return Buffer.byteLength(id) > 200 ? "the id has more than 200 bytes" : undefined;
}

/** @returns why Kiln refuses a tag when it reads or saves it */
export function kilnTagProblem(tag: string): string | undefined {
  if (tag === "") return "a tag is empty";
  return tag.includes(" ") ? has(tag, "a space") : undefined;
}

/**
 * @returns why a new tag is refused, undefined where it is fine. Kiln refuses empty ones and the space; control
 *   characters, other spaces and commas would break lists of tags
 */
export function tagProblem(tag: string): string | undefined {
  const kilns = kilnTagProblem(tag);
  if (kilns !== undefined) return kilns;
  const [bad] = /[\s,\p{Cc}\p{Cs}]/u.exec(tag) ?? [];
  if (bad === undefined) return undefined;
  const code = `U+${bad.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  const what = named[bad] ?? otherMark(bad);
  return has(tag, bad === "," ? "a comma" : `${what} (${code})`);
}

function otherMark(bad: string): string {
  if (/\p{Cs}/u.test(bad)) return "half a character";
  return /\s/u.test(bad) ? "an unusual space" : "a control character";
}

function has(tag: string, what: string): string {
  const other = tag.replace(/^[\s,\p{Cc}\p{Cs}]+|[\s,\p{Cc}\p{Cs}]+$/gu, "").replace(/[\s,\p{Cc}\p{Cs}]+/gu, "_");
  const shown = tag.replace(/\p{Cc}|\p{Cs}/gu, "\uFFFD");
  return `the tag "${shown}" has ${what} in it${other === "" ? "" : `; ${other} would do`}`;
}
