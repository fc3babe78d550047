/**
 * From one value's sub-schemas to its grammar: literals, alternatives, then each type that the value may have.
 */
import { RequestRefusedError, type JsonSchema } from "../../backend.js";
import { arrayExpr } from "./array.js";
import { alternatives } from "./alternatives.js";
import { conditions } from "./conditions.js";
import { checkAll, type Context } from "./context.js";
import { anyValue } from "./json.js";
import { familyOf } from "./keywords.js";
import { literals } from "./literals.js";
import { assertions, below, expand, keyOf, type Located, type Part } from "./located.js";
import { objectExpr } from "./object.js";
import { alt, isNever, never, Rules, text, type Expr } from "./rules.js";
import { numberExpr, stringExpr } from "./scalars.js";
import { accepter } from "./accepter.js";
import { allowedTypes, type TypeName } from "./types.js";

/** Sub-schemas times alternatives: more than this is a schema that multiplies out. */
const MAX_NODES = 5000;

export interface Compiled {
  readonly rules: Rules;
  readonly root: Expr;
  readonly checkedAfterwards: readonly string[];
}

/**
 * Compiles a schema into rules.
 * @throws {RequestRefusedError} naming a keyword that cannot be enforced, or when no finite value is valid
 */
export function compile(root: JsonSchema, start: Located): Compiled {
  const impossible = new Set<string>();
  for (;;) {
    const run = new Compilation(root, impossible);
    const expr = run.compile([start], "root");
    const endless = run.endless();
    if (isNever(expr)) {
      throw new RequestRefusedError("no finite value is valid for the schema", {
        remedy: "make a property optional or allow an empty list where the schema refers to itself",
      });
    }
    if (endless.length === 0) return { rules: run.rules, root: expr, checkedAfterwards: [...run.checked] };
    // What can never end must not be begun: the next pass leaves it out.
    for (const key of endless) impossible.add(key);
  }
}

class Compilation implements Context {
  readonly rules = new Rules();
  readonly checked = new Set<string>();
  readonly #done = new Map<string, Expr>();
  /** Names of values that are being compiled, given to those that refer to themselves. */
  readonly #open = new Map<string, string | undefined>();
  #nodes = 0;

  constructor(
    readonly root: JsonSchema,
    private readonly impossible: ReadonlySet<string>,
  ) {}

  readonly accepts = (part: Located, value: unknown): boolean => this.#accepter()(part, value);

  #made: ((part: Located, value: unknown) => boolean) | undefined;

  #accepter(): (part: Located, value: unknown) => boolean {
    this.#made ??= accepter(this.root);
    return this.#made;
  }

  readonly check = (part: Part, keyword: string): void => {
    this.checked.add(below(part.pointer, keyword));
  };

  readonly compile = (conjunction: readonly Located[], hint: string): Expr => {
    const parts = expand(this.root, conjunction);
    if (!parts) return never;
    if (parts.length === 0) return anyValue(this.rules);
    const key = keyOf(parts);
    if (this.impossible.has(key)) return never;
    const done = this.#done.get(key);
    if (done) return done;
    if (this.#open.has(key)) {
      const name = this.#open.get(key) ?? this.rules.reserve(hint);
      this.#open.set(key, name);
      return { kind: "rule", name };
    }
    if (++this.#nodes > MAX_NODES) {
      throw new RequestRefusedError("the schema is too large: its alternatives multiply out", {
        remedy: 'use fewer "anyOf", "oneOf" and "allOf" beside each other',
      });
    }
    this.#open.set(key, undefined);
    const body = this.#value(parts, hint);
    const name = this.#open.get(key);
    this.#open.delete(key);
    let expr = body;
    if (name !== undefined) {
      this.rules.define(name, body);
      // Also when nothing is valid: the references are there, and the next pass leaves them out.
      expr = { kind: "rule", name };
    } else if (body.kind !== "text") {
      expr = this.rules.add(hint, body);
    }
    this.#done.set(key, expr);
    return expr;
  };

  /** The keys of values that no finite text can hold. */
  endless(): string[] {
    const names = this.rules.unproductive();
    return [...this.#done].filter(([, expr]) => expr.kind === "rule" && names.has(expr.name)).map(([key]) => key);
  }

  #value(parts: readonly Part[], hint: string): Expr {
    const fixed = literals(this, parts);
    if (fixed) return fixed;
    const branches = alternatives(this, parts, hint);
    if (branches) return branches;
    const conditional = conditions(this, parts, hint);
    if (conditional) return conditional;
    checkAll(this, parts, "not", "if");
    const types = allowedTypes(parts);
    return alt(...[...types].map((type) => this.#ofType(type, parts, hint)));
  }

  #ofType(type: TypeName, parts: readonly Part[], hint: string): Expr {
    const family = type === "integer" ? "number" : type;
    // Keywords of other types say nothing about this one.
    const own = parts.filter((part) =>
      assertions(part).some((keyword) => familyOf(keyword) === family || (keyword === "format" && family === "number")),
    );
    switch (type) {
      case "null":
        return text("null");
      case "boolean":
        return alt(text("true"), text("false"));
      case "object":
        return objectExpr(this, own, hint);
      case "array":
        return arrayExpr(this, own, hint);
      case "string":
        return stringExpr(this, own);
      default:
        return numberExpr(this, own, type === "integer");
    }
  }
}
