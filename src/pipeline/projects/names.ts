/**
 * Names as Kiln takes them: they become folder names on all systems.
 * Source: kiln_ai/datamodel/basemodel.py, `string_to_valid_name` and `FilenameString` (kiln-ai 1.1.0).
 */

/** Most characters of a name, and of the part of it that a folder is called by. */
export const mostNameCharacters = 120;
const mostFolderCharacters = 32;

/**
 * @returns the nearest name that Kiln takes; empty where nothing is left
 */
export function validName(text: string): string {
  return (
    text
      .normalize("NFKD")
      // Forbidden in names of files somewhere, or awkward.
      .replace(/[/\\?%*:|"<>.,;=\n]/g, "_")
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001F\u007F-\u009F]/g, "")
      .replace(/\s+/g, " ")
      .replace(/_+/g, "_")
      .replace(/^[_\s]+|[_\s]+$/g, "")
  );
}

/**
 * @param most characters, 120 for names of projects and tasks, 32 for short ones
 * @returns what is wrong with a name and which to take instead; undefined where Kiln takes it
 */
export function nameProblem(name: string, most = mostNameCharacters): string | undefined {
  if (name.trim() === "") return "the name is empty";
  const valid = validName(name);
  const { length } = [...name];
  if (length > most) return `the name has ${length} characters, and ${most} are possible`;
  if (valid === name) return undefined;
  const why =
    name.normalize("NFKD") !== name && validName(name.normalize("NFKD")) === name.normalize("NFKD")
      ? "Kiln takes letters with accents only as letter and accent (NFKD)"
      : 'Kiln takes no / \\ ? % * : | " < > . , ; = in names, no double or outer spaces or underscores';
  return valid === "" ? why : `${why}; "${valid}" would do`;
}

/** The folder of a child: its id and the beginning of its name. */
export function folderName(id: string, name?: string): string {
  if (name === undefined) return id;
  const short = validName([...name].slice(0, mostFolderCharacters).join(""));
  return short === "" ? id : `${id} - ${short}`;
}

const named: Readonly<Record<string, string>> = { "\t": "a tab", "\n": "an end of a line", "\r": "an end of a line" };

/**
 * @returns why a tag is refused, undefined where it is fine. Kiln refuses empty ones and spaces; control characters and
 *   commas would break lists of tags
 */
export function tagProblem(tag: string): string | undefined {
  if (tag === "") return "a tag is empty";
  const [bad] = /[\s,\p{Cc}]/u.exec(tag) ?? [];
  if (bad === undefined) return undefined;
  const code = `U+${bad.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  const what =
    bad === " "
      ? "a space"
      : bad === ","
        ? "a comma"
        : `${named[bad] ?? (/\s/u.test(bad) ? "an unusual space" : "a control character")} (${code})`;
  const other = tag.replace(/^[\s,\p{Cc}]+|[\s,\p{Cc}]+$/gu, "").replace(/[\s,\p{Cc}]+/gu, "_");
  return `the tag "${tag.replace(/\p{Cc}/gu, "�")}" has ${what} in it${other === "" ? "" : `; ${other} would do`}`;
}
