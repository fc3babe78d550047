/** Finds the JSON in an answer of a model that was only asked for it: in a code fence, with words around it, or bare. */

const maxStarts = 100;

/**
 * @param wantsObject whether the value should be an object rather than an array; the other kind is taken if need be.
 *   Several objects where an array is wanted are its elements. Commas before a closing bracket are left out.
 * @returns the text of the value; of an answer cut in the middle of it, what there is; the whole text if there is none
 */
export function extractJson(text: string, wantsObject: boolean): string {
  const whole = withoutTrailingCommas(text.trim());
  if (isJson(whole)) return wantsObject || whole.startsWith("[") ? whole : asArray([whole]);
  // Thoughts that a server does not keep apart come first, and may hold drafts.
  const answer = whole.replace(/^[\s\S]*<\/think(?:ing)?>/i, "").trim();
  for (const [, fenced] of answer.matchAll(/```[a-z0-9]*\s*\n([\s\S]*?)\n?\s*```/gi))
    if (fenced !== undefined && isJson(fenced.trim())) return fenced.trim();
  const found: string[] = [];
  let starts = 0;
  let cut: number | undefined;
  for (let at = nextStart(answer, 0); at >= 0 && starts < maxStarts; starts++) {
    const end = endOfValue(answer, at);
    if (end === undefined) cut ??= at;
    const value = end === undefined ? undefined : answer.slice(at, end);
    if (value !== undefined && isJson(value)) {
      found.push(value);
      at = nextStart(answer, end!);
    } else at = nextStart(answer, at + 1);
  }
  // A value that began and did not end holds those found after it.
  if (cut !== undefined) {
    const rest = answer.slice(cut);
    const before = found.filter((value) => answer.indexOf(value) < cut);
    if (before.length === 0) return rest.replace(/\n?```\s*$/, "");
  }
  const fitting = found.filter((value) => value.startsWith("{") === wantsObject);
  if (!wantsObject && fitting.length === 0 && found.length > 0) return asArray(found);
  const longest = (values: string[]) =>
    values.reduce<string | undefined>((best, value) => (value.length > (best?.length ?? 0) ? value : best), undefined);
  return longest(fitting) ?? longest(found) ?? whole;
}

/** The elements of an array that was left out, or the array that a single object was put around. */
function asArray(objects: readonly string[]): string {
  const values: unknown[] = objects.length === 1 ? Object.values(JSON.parse(objects[0]!) as object) : [];
  const [only] = values;
  return values.length === 1 && Array.isArray(only) ? JSON.stringify(only) : `[${objects.join(",")}]`;
}

/** Models that no schema holds put commas behind the last element. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/gs, (part) => (part === "," ? "" : part));
}

function nextStart(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === "{" || text[at] === "[") return at;
  return -1;
}

/** The offset behind the bracket that closes the one at `start`; undefined when none does. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return undefined;
}

export function isJson(text: string): boolean {
  const first = text.trimStart()[0];
  if (first !== "{" && first !== "[") return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
