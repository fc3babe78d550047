/** Where each value of a JSON text stands in it, so that one can be replaced and everything else left as it is. */

export interface Span {
  /** The first character of the value. */
  start: number;
  /** The character after its last. */
  end: number;
  /** Members of an object, in their order; of keys that stand there twice the last, which is the one that counts. */
  members?: Map<string, Span>;
  /** Items of a list. */
  items?: Span[];
}

/** Kiln reads with Python's json module, which goes no deeper than this. */
const mostDepth = 900;

/**
 * @param text JSON that `JSON.parse` takes
 * @throws {RangeError} when it is nested deeper than Kiln reads
 */
export function spansOf(text: string): Span {
  return new Scanner(text).value(0);
}

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Span {
    if (depth > mostDepth) throw new RangeError(`it is nested deeper than ${mostDepth} levels`);
    this.skipSpace();
    const start = this.at;
    const first = this.text[start];
    if (first === "{") return { start, members: this.members(depth), end: this.at };
    if (first === "[") return { start, items: this.items(depth), end: this.at };
    if (first === '"') this.skipString();
    else while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at]!)) this.at++;
    return { start, end: this.at };
  }

  private members(depth: number): Map<string, Span> {
    const members = new Map<string, Span>();
    this.at++;
    for (this.skipSpace(); this.text[this.at] !== "}"; this.skipSpace()) {
      if (this.text[this.at] === ",") {
        this.at++;
        this.skipSpace();
      }
      const start = this.at;
      this.skipString();
      const key = JSON.parse(this.text.slice(start, this.at)) as string;
      this.skipSpace();
      // The colon.
      this.at++;
      members.set(key, this.value(depth + 1));
    }
    this.at++;
    return members;
  }

  private items(depth: number): Span[] {
    const items: Span[] = [];
    this.at++;
    for (this.skipSpace(); this.text[this.at] !== "]"; this.skipSpace()) {
      if (this.text[this.at] === ",") this.at++;
      items.push(this.value(depth + 1));
    }
    this.at++;
    return items;
  }

  private skipString(): void {
    this.at++;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.at++;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }
}
