/**
 * The texts of templates: `{name}` stands for what the user or the task gives, and `{?name} ... {/name}` for a part that
 * is there only where something is given. All other braces are literal.
 */

const name = "[a-z][a-z0-9_]*";
const part = new RegExp(`\\{\\?(${name})\\}([\\s\\S]*?)\\{/\\1\\}`, "g");
const placeholder = new RegExp(`\\{[?/]?(${name})\\}`, "g");

/** @returns the names in braces of a text, each once */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map((match) => match[1]!))];
}

/** @returns what opens or closes a part and has no partner */
export function unpairedIn(text: string): string[] {
  return [...text.replace(part, "$2").matchAll(new RegExp(`\\{[?/]${name}\\}`, "g"))].map(([found]) => found);
}

/**
 * Puts values in the place of placeholders; what stands in a value is never taken for a placeholder.
 * @param values by name; a name that is not there counts as empty
 * @returns the text without lines that are left empty one after the other, and without an end of line at its end
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  const valueOf = (key: string) => (Object.hasOwn(values, key) ? values[key]! : "");
  const chosen = text.replace(part, (_, key: string, inner: string) => (valueOf(key).trim() === "" ? "" : inner));
  return chosen
    .split(new RegExp(`(\\{${name}\\})`, "g"))
    .map((piece, i) => (i % 2 === 0 ? piece.replace(/\n{3,}/g, "\n\n") : valueOf(piece.slice(1, -1)).trim()))
    .join("")
    .trim();
}
