/** A size with its unit: `4000` or `"4000 characters"`, `"512 tokens"`. */
export interface ChunkLength {
  amount: number;
  unit: "tokens" | "characters";
}

const lengthPattern = /^\s*(\d+)\s*(t|tok|tokens?|c|chars?|characters?)?\s*$/i;

/**
 * @param text a number, with `tokens` (or `t`) or `characters` (or `c`) after it; characters where it says neither
 * @returns undefined when it is not that
 */
export function parseChunkLength(text: string): ChunkLength | undefined {
  const match = lengthPattern.exec(text);
  if (match === null) return undefined;
  return { amount: Number(match[1]), unit: match[2]?.toLowerCase().startsWith("t") === true ? "tokens" : "characters" };
}
