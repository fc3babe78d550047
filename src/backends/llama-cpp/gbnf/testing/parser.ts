/**
 * Reads GBNF text as llama.cpp does, for tests; only what the compiler writes, and strictly.
 */

export interface Chars {
  kind: "chars";
  ranges: [number, number][];
  negated: boolean;
}

export interface Repeat {
  kind: "repeat";
  item: Node;
  min: number;
  max: number;
}

export type Node =
  Chars | Repeat | { kind: "seq"; items: Node[] } | { kind: "alt"; items: Node[] } | { kind: "rule"; name: string };

/** What llama.cpp allows of repetitions. */
const MAX_REPETITIONS = 2000;

export class Parser {
  readonly references = new Set<string>();
  #at = 0;
  readonly #chars: readonly string[];

  constructor(grammar: string) {
    this.#chars = Array.from(grammar);
  }

  *rules(): Generator<[string, Node]> {
    while (this.#at < this.#chars.length) {
      const name = this.#name();
      this.#expect(" ::= ");
      yield [name, this.#alternatives()];
      this.#expect("\n");
    }
  }

  #alternatives(): Node {
    const items = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#at++;
      // Here llama.cpp skips line ends as well: an empty last alternative would run into the next rule.
      while (this.#peek() === " " || this.#peek() === "\n") this.#at++;
      items.push(this.#sequence());
    }
    return items.length === 1 ? items[0]! : { kind: "alt", items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      this.#spaces();
      const next = this.#peek();
      if (next === undefined || next === "|" || next === ")" || next === "\n") break;
      items.push(this.#quantified(this.#atom()));
    }
    return items.length === 1 ? items[0]! : { kind: "seq", items };
  }

  #atom(): Node {
    const next = this.#peek()!;
    if (next === '"') return this.#literal();
    if (next === "[") return this.#class();
    if (next === "(") {
      this.#at++;
      const inner = this.#alternatives();
      this.#expect(")");
      return inner;
    }
    const name = this.#name();
    this.references.add(name);
    return { kind: "rule", name };
  }

  #quantified(item: Node): Node {
    const next = this.#peek();
    const repeat = (min: number, max: number): Node => {
      if (nullable(item)) throw new Error("a repeated item may be empty");
      this.#at++;
      return { kind: "repeat", item, min, max };
    };
    if (next === "*") return repeat(0, Infinity);
    if (next === "+") return repeat(1, Infinity);
    if (next === "?") {
      this.#at++;
      return { kind: "repeat", item, min: 0, max: 1 };
    }
    if (next !== "{") return item;
    const end = this.#chars.indexOf("}", this.#at);
    const [min, max = min] = this.#chars
      .slice(this.#at + 1, end)
      .join("")
      .split(",");
    this.#at = end;
    const most = max === "" ? Infinity : Number(max);
    if (Number(min) > MAX_REPETITIONS || (most < Infinity && most > MAX_REPETITIONS))
      throw new Error("too many repetitions");
    return repeat(Number(min), most);
  }

  #literal(): Node {
    this.#at++;
    const items: Node[] = [];
    while (this.#peek() !== '"') {
      const code = this.#char();
      items.push({ kind: "chars", ranges: [[code, code]], negated: false });
    }
    this.#at++;
    return items.length === 1 ? items[0]! : { kind: "seq", items };
  }

  #class(): Node {
    this.#at++;
    const negated = this.#peek() === "^";
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    while (this.#peek() !== "]") {
      const low = this.#char();
      let high = low;
      if (this.#peek() === "-" && this.#chars[this.#at + 1] !== "]") {
        this.#at++;
        high = this.#char();
      }
      if (high < low) throw new Error("a range runs backwards");
      ranges.push([low, high]);
    }
    this.#at++;
    if (ranges.length === 0) throw new Error("an empty class");
    return { kind: "chars", ranges, negated };
  }

  #char(): number {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Error("unexpected end");
    if (char !== "\\") return char.codePointAt(0)!;
    const kind = this.#chars[this.#at++]!;
    const length = { x: 2, u: 4, U: 8 }[kind];
    if (length !== undefined) {
      const digits = this.#chars.slice(this.#at, this.#at + length).join("");
      if (!/^[0-9A-F]+$/.test(digits) || digits.length !== length) throw new Error(`wrong escape ${digits}`);
      this.#at += length;
      return parseInt(digits, 16);
    }
    if ('"\\[]'.includes(kind)) return kind.charCodeAt(0);
    const code = { n: 10, r: 13, t: 9 }[kind];
    if (code === undefined) throw new Error(`unknown escape ${kind}`);
    return code;
  }

  #name(): string {
    const start = this.#at;
    while (/[a-zA-Z0-9-]/.test(this.#peek() ?? "")) this.#at++;
    if (this.#at === start) throw new Error(`a name is missing at ${this.#chars.slice(start, start + 20).join("")}`);
    return this.#chars.slice(start, this.#at).join("");
  }

  #expect(text: string): void {
    const got = this.#chars.slice(this.#at, this.#at + text.length).join("");
    if (got !== text) throw new Error(`expected ${JSON.stringify(text)} but got ${JSON.stringify(got)}`);
    this.#at += text.length;
  }

  #spaces(): void {
    while (this.#peek() === " ") this.#at++;
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }
}

/** As llama.cpp sees it, which does not look into rules. */
function nullable(node: Node): boolean {
  if (node.kind === "seq") return node.items.every(nullable);
  if (node.kind === "alt") return node.items.some(nullable);
  return node.kind === "repeat" && (node.min === 0 || nullable(node.item));
}
