/** Schemas that refer to themselves: which of them do, and how often each must at least, until a value is complete. */
import type { JsonSchema } from "../../backends/backend.js";
import { idOf, isObject, localFragment, pointerOf, type Raw, schemasWithin, stepsOf, valueAt } from "./walk.js";

export class Recursion {
  private readonly id: string | undefined;
  /** Schemas from which references lead back to them. */
  private readonly recursive = new Set<Raw>();
  private readonly least = new Map<Raw, number>();
  private readonly leastKnown = new Map<Raw, number>();

  constructor(private readonly root: JsonSchema) {
    this.id = idOf(root);
    const reached = new Map<Raw, Set<Raw>>();
    for (const target of this.targets()) reached.set(target, this.reachedFrom(target));
    for (const [target, others] of reached) if (others.has(target)) this.recursive.add(target);
    this.measure();
  }

  /** What a schema's `$ref` leads to, undefined where it has none or it leads elsewhere. */
  targetOf(schema: Raw): { schema: unknown; pointer: string } | undefined {
    const { $ref } = schema;
    const fragment = typeof $ref === "string" ? localFragment($ref, this.id) : undefined;
    const pointer = fragment === undefined ? undefined : pointerOf(fragment);
    return pointer === undefined ? undefined : { schema: valueAt(this.root, stepsOf(pointer)), pointer };
  }

  /** The schemas that references lead back to. */
  get all(): Raw[] {
    return [...this.recursive];
  }

  /** Whether a schema is recursive, or refers to one that is. */
  isWithin(schema: unknown): boolean {
    return isObject(schema) && (this.isRecursive(schema) || this.isRecursive(this.targetOf(schema)?.schema));
  }

  isRecursive(schema: unknown): boolean {
    return isObject(schema) && this.recursive.has(schema);
  }

  /** How many further references to recursive schemas a value of this schema takes at least; Infinity: it never ends. */
  leastBelow(schema: unknown): number {
    if (!isObject(schema)) return schema === false ? Infinity : 0;
    let least = this.leastKnown.get(schema);
    if (least === undefined) this.leastKnown.set(schema, (least = this.leastOf(schema)));
    return least;
  }

  private leastOf(schema: Raw): number {
    const target = this.targetOf(schema);
    const parts = [this.ownLeast(schema)];
    if (target !== undefined) parts.push(this.leastOfReference(target.schema));
    for (const one of listIn(schema, "allOf")) parts.push(this.leastBelow(one));
    for (const keyword of ["anyOf", "oneOf"])
      if (listIn(schema, keyword).length > 0)
        parts.push(Math.min(...listIn(schema, keyword).map((one) => this.leastBelow(one))));
    return Math.max(...parts);
  }

  private leastOfReference(target: unknown): number {
    if (!this.isRecursive(target)) return this.leastBelow(target);
    return 1 + (this.least.get(target as Raw) ?? Infinity);
  }

  private ownLeast(schema: Raw): number {
    if (Object.hasOwn(schema, "const") || Object.hasOwn(schema, "enum")) return 0;
    let least = 0;
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    for (const name of listIn(schema, "required"))
      if (typeof name === "string" && Object.hasOwn(properties, name))
        least = Math.max(least, this.leastBelow(properties[name]));
    const prefix = listIn(schema, "prefixItems");
    const items = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
    for (const one of prefix.slice(0, items)) least = Math.max(least, this.leastBelow(one));
    if (items > prefix.length && schema["items"] !== undefined)
      least = Math.max(least, this.leastBelow(schema["items"]));
    const { type } = schema;
    // Where another type will do, what objects and arrays need does not count.
    const others = Array.isArray(type) ? type.filter((one) => one !== "object" && one !== "array") : [];
    return others.length > 0 ? 0 : least;
  }

  private measure(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const target of this.recursive) {
        const least = this.leastBelow(target);
        if (least >= (this.least.get(target) ?? Infinity)) continue;
        this.least.set(target, least);
        this.leastKnown.clear();
        changed = true;
      }
    }
  }

  private targets(): Set<Raw> {
    const targets = new Set<Raw>();
    for (const schema of [...this.reachedFrom(this.root), ...(isObject(this.root) ? [this.root] : [])]) {
      const target = this.targetOf(schema);
      if (isObject(target?.schema)) targets.add(target.schema);
    }
    return targets;
  }

  /** All schemas below one, references followed. */
  private reachedFrom(start: unknown): Set<Raw> {
    const reached = new Set<Raw>();
    const open: unknown[] = [start];
    let isFirst = true;
    for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
      if (!isObject(schema) || reached.has(schema)) continue;
      if (!isFirst) reached.add(schema);
      isFirst = false;
      for (const { schema: inner, steps } of schemasWithin(schema))
        if (steps[0] !== "$defs" && steps[0] !== "definitions") open.push(inner);
      const target = this.targetOf(schema);
      if (target?.schema !== undefined) open.push(target.schema);
    }
    return reached;
  }
}

export function listIn(schema: Raw, keyword: string): readonly unknown[] {
  return Array.isArray(schema[keyword]) ? (schema[keyword] as unknown[]) : [];
}
