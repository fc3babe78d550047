/**
 * `if`, `then` and `else` where the condition is the value or the presence of one property: two alternatives, one in
 * which the condition holds and one in which it does not, each spelled out with what must hold then.
 */
import { findAll, type Context } from "./context.js";
import { isAnnotation } from "./keywords.js";
import { listedValues } from "./literals.js";
import { below, branch, child, expand, located, valueOf, without, type Located, type Part } from "./located.js";
import { alt, type Expr } from "./rules.js";
import { allowedTypes } from "./types.js";

/** Conditions beside each other multiply; those beyond this many are checked later. */
const MAX_CONDITIONS = 6;

/** A condition on a property: which values fulfil it, and whether it is fulfilled when the property is absent. */
interface Test {
  readonly name: string;
  /** Identities as of `listedValues`; undefined: any value does. */
  readonly values: ReadonlySet<string> | undefined;
  readonly whenAbsent: boolean;
}

/**
 * The alternatives of the first such condition among the parts of an object; further ones follow inside of them.
 * @returns undefined when there is none
 */
export function conditions(context: Context, parts: readonly Part[], hint: string): Expr | undefined {
  const all = findAll(parts, "if");
  if (all.length === 0 || all.length > MAX_CONDITIONS) return undefined;
  const types = allowedTypes(parts);
  if (types.size !== 1 || !types.has("object")) return undefined;
  for (const { part } of all) {
    const test = testOf(context, part);
    const others = test && otherValues(context, parts, test);
    if (!test || !others) continue;
    const rest = parts.map((one) => (one.pointer === part.pointer ? without(one, "if", "then", "else") : one));
    const then = valueOf(part, "then") === undefined ? [] : [branch(part, "then")];
    const otherwise = valueOf(part, "else") === undefined ? [] : [branch(part, "else")];
    const is = (which: string, values: ReadonlySet<string> | undefined): Located[] =>
      values?.size === 0
        ? [made(part, which, { properties: { [test.name]: false } })]
        : [present(part, which, test.name, values)];
    const absent = made(part, "absent", { properties: { [test.name]: false } });
    const choices: Located[][] = [[...is("true", test.values), ...then]];
    if (others.size > 0) choices.push([...is("false", others), ...otherwise]);
    choices.push([absent, ...(test.whenAbsent ? then : otherwise)]);
    return alt(...choices.map((choice, n) => context.compile([...rest, ...choice], `${hint}-if-${n + 1}`)));
  }
  return undefined;
}

/** The condition of a part's `if`, undefined where it is of another kind. */
function testOf(context: Context, part: Part): Test | undefined {
  const [condition] = expand(context.root, [branch(part, "if")]) ?? [];
  if (!condition || Object.keys(condition.schema).some((keyword) => !isPlain(keyword))) return undefined;
  if (!["object", undefined].includes(valueOf(condition, "type") as string | undefined)) return undefined;
  const required = (valueOf(condition, "required") ?? []) as readonly string[];
  const properties = Object.keys(valueOf(condition, "properties") ?? {});
  const [name = required[0]] = properties;
  if (name === undefined || properties.length > 1 || required.some((one) => one !== name)) return undefined;
  if (properties.length === 0) return { name, values: undefined, whenAbsent: false };
  const values = listedValues(expand(context.root, [child(condition, "properties", name)]) ?? []);
  return values && { name, values, whenAbsent: !required.includes(name) };
}

function isPlain(keyword: string): boolean {
  return ["type", "properties", "required"].includes(keyword) || isAnnotation(keyword);
}

/** The values of a property that do not fulfil the condition; undefined where they cannot be listed. */
function otherValues(context: Context, parts: readonly Part[], { name, values }: Test): Set<string> | undefined {
  if (values === undefined) return new Set();
  for (const { value, part } of findAll(parts, "properties")) {
    if (!Object.hasOwn(value as object, name)) continue;
    const inner = expand(context.root, [child(part, "properties", name)]) ?? [];
    const types = findAll(inner, "type");
    const isFlag = types.length > 0 && [...allowedTypes(inner)].every((type) => type === "boolean");
    const known = listedValues(inner) ?? (isFlag ? new Set(["true", "false"]) : undefined);
    if (known) return new Set([...known].filter((one) => !values.has(one)));
  }
  return undefined;
}

function present(part: Part, which: string, name: string, values: ReadonlySet<string> | undefined): Located {
  const property = values === undefined ? {} : { enum: [...values].map((value) => JSON.parse(value) as unknown) };
  return made(part, which, { properties: { [name]: property }, required: [name] });
}

/** A schema that stands nowhere; its pointer only tells it from others. */
function made(part: Part, which: string, schema: Record<string, unknown>): Located {
  return { ...located(schema, ""), pointer: below(part.pointer, "if", `(${which})`) };
}
