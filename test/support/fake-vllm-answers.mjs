/** Answers of the fake vLLM: JSON that satisfies a schema, other for other seeds. */
import { createHash } from "node:crypto";

/** About as many as a model has. */
export const tokensOf = (text) => Math.ceil(text.length / 4);

/** @param seed the same gives the same */
export function instanceOf(schema, seed) {
  let count = 0;
  const digest = () => createHash("sha1").update(`${seed} ${count++}`).digest();
  const value = (node) => {
    if (node === true || node === undefined) return null;
    if (node.const !== undefined) return node.const;
    if (node.enum !== undefined) return node.enum[digest()[0] % node.enum.length];
    const either = node.anyOf ?? node.oneOf;
    if (either !== undefined) return value(either[digest()[0] % either.length]);
    switch (Array.isArray(node.type) ? node.type[0] : node.type) {
      case "object":
        return Object.fromEntries(Object.entries(node.properties ?? {}).map(([key, inner]) => [key, value(inner)]));
      case "array":
        return Array.from({ length: node.maxItems ?? Math.max(1, node.minItems ?? 1) }, () => value(node.items));
      case "integer":
      case "number": {
        const least = node.minimum ?? 0;
        return least + (digest()[0] % ((node.maximum ?? least + 100) - least + 1));
      }
      case "boolean":
        return digest()[0] % 2 === 0;
      case "string":
        return `What is ${digest().toString("hex").slice(0, 12)}?`.slice(0, node.maxLength ?? 100);
      default:
        return null;
    }
  };
  return value(schema);
}
