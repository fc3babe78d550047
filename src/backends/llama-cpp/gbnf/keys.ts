/**
 * Names of properties that a schema does not declare.
 */
import { anyChar, charSet, complement, intersect, spelled } from "./charset.js";
import { alt, empty, never, seq, text, type Expr, type Rules } from "./rules.js";

interface Node {
  ends: boolean;
  readonly next: Map<number, Node>;
}

/**
 * Any name except some. Characters have one spelling here, so a name cannot come back in disguise.
 * @param names the names that are taken
 */
export function otherKey(rules: Rules, names: readonly string[]): Expr {
  const root: Node = { ends: false, next: new Map() };
  for (const name of names) {
    let node = root;
    for (const char of name) {
      const code = char.codePointAt(0)!;
      let next = node.next.get(code);
      if (!next) node.next.set(code, (next = { ends: false, next: new Map() }));
      node = next;
    }
    node.ends = true;
  }
  const char = rules.add("key-char", spelled(anyChar));
  const rest = rules.repeat(char, 0, undefined);
  const after = (node: Node): Expr => {
    const taken = charSet(...[...node.next.keys()].map((code) => [code, code] as const));
    const leaves = seq(spelled(intersect(anyChar, complement(taken))), rest);
    const stays = [...node.next].map(([code, next]) => seq(spelled([[code, code]]), after(next)));
    const all = alt(leaves, ...stays, node.ends ? never : empty);
    return rules.add("key-rest", node.next.size === 0 && node.ends ? seq(char, rest) : all);
  };
  return rules.add("key", seq(text('"'), names.length === 0 ? rest : after(root), text('"')));
}
