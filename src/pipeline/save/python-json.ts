/**
 * JSON as Python prints it again: what `json.dumps(json.loads(text), ensure_ascii=False)` gives. The text is gone through
 * piece by piece and never made into values of the runtime, which would lose the order of keys that look like numbers,
 * whole numbers beyond 2^53, and that 1.0 was no 1.
 */

/** Levels of arrays and objects that are gone down; texts beyond are no answers of anybody. */
const mostLevels = 500;

/**
 * @returns the object on one line, or undefined where the text is not a JSON object. Of equal keys the last counts
 */
export function pythonObject(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  } catch {
    return undefined;
  }
  return new Printer(text).print();
}

/** Goes through a text that is known to be JSON. */
class Printer {
  private at = 0;

  constructor(private readonly text: string) {}

  /** @returns undefined where it is nested too deeply */
  print(level = 0): string | undefined {
    const first = this.peek();
    if (first === '"') return this.string();
    if (first !== "{" && first !== "[") return this.scalar();
    if (level === mostLevels) return undefined;
    this.at++;
    const members = new Map<string, string>();
    const items: string[] = [];
    while (!"]}".includes(this.peek())) {
      if (this.peek() === ",") this.at++;
      const key = first === "{" ? this.key() : undefined;
      const value = this.print(level + 1);
      if (value === undefined) return undefined;
      if (key === undefined) items.push(value);
      else members.set(key, value);
    }
    this.at++;
    if (first === "[") return `[${items.join(", ")}]`;
    return `{${[...members].map(([key, value]) => `${key}: ${value}`).join(", ")}}`;
  }

  /** The next character that is not white space. */
  private peek(): string {
    while (" \t\r\n".includes(this.text[this.at]!)) this.at++;
    return this.text[this.at]!;
  }

  private key(): string {
    this.peek();
    const key = this.string();
    this.peek();
    this.at++;
    return key;
  }

  private string(): string {
    const start = this.at++;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    return stringText(this.text.slice(start, ++this.at));
  }

  private scalar(): string {
    const start = this.at;
    while (this.at < this.text.length && /[-+.\w]/.test(this.text[this.at]!)) this.at++;
    const token = this.text.slice(start, this.at);
    return /^[-\d]/.test(token) ? numberText(token) : token;
  }
}

/** Escapes are only where JSON needs them. */
function stringText(token: string): string {
  return JSON.stringify(JSON.parse(token));
}

/** Whole numbers of any size stay; others are printed as Python's `repr` does (the shortest digits that give the number). */
function numberText(token: string): string {
  if (/^-?\d+$/.test(token)) return token === "-0" ? "0" : token;
  const value = Number(token);
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= 16 || exponent < -4)
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const plain = value.toString();
  const spelled = plain.includes("e") ? expanded(digits, exponent) : plain;
  return spelled.includes(".") ? spelled : `${spelled}.0`;
}

/** Small numbers, which the runtime writes with an exponent before Python does. */
function expanded(digits: string, exponent: number): string {
  const sign = digits.startsWith("-") ? "-" : "";
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits.replace(/[-.]/g, "")}`;
}
