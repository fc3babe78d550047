/** Which keys a configuration may have, and what to say of those that it should not have. */
import { z } from "zod";
import { nearest } from "../models/nearest.js";
import { type ConfigTree, isTree } from "./tree.js";

/** The keys of a section's schema with the schema of each; undefined where it is no section or takes any key. */
function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return shapeOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) return shapeOf(schema.in);
  return undefined;
}

/** All dotted names that a schema knows, sections and keys. */
export function knownNames(schema: unknown, prefix = ""): string[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, below]) => [
    `${prefix}${key}`,
    ...knownNames(below, `${prefix}${key}.`),
  ]);
}

export interface UnknownKey {
  /** Dotted. */
  name: string;
  /** What to say of it, without the place where it stands. */
  text: string;
}

/**
 * Finds the keys of a tree that the schema does not know, each with the known one that may be meant.
 */
export function unknownKeys(tree: ConfigTree, schema: unknown): UnknownKey[] {
  const all = knownNames(schema);
  const look = (part: ConfigTree, below: unknown, prefix: string): UnknownKey[] => {
    const shape = shapeOf(below);
    return Object.entries(part).flatMap(([key, value]): UnknownKey[] => {
      const name = `${prefix}${key}`;
      if (shape === undefined && prefix !== "") return [];
      const next = shape?.[key];
      if (next !== undefined) return isTree(value) ? look(value, next, `${name}.`) : [];
      const inside = isTree(value) ? look(value, z.object({}), `${name}.`) : [];
      // A section that only holds keys known to have no effect is told key by key.
      if (inside.length > 0 && inside.every(({ text }) => text.includes("has no effect"))) return inside;
      return [{ name, text: `the key ${name} is not known${meant(name, key, Object.keys(shape ?? {}), all)}` }];
    });
  };
  return look(tree, schema, "");
}

/** The known name that somebody may have meant: of the same section, or a key of the same name in another. */
function meant(name: string, key: string, siblings: readonly string[], all: readonly string[]): string {
  const prefix = name.slice(0, name.length - key.length);
  const near = nearest(key, siblings)[0];
  if (near !== undefined) return `; did you mean ${prefix}${near}?`;
  const depth = (other: string) => other.split(".").length;
  const same = all.filter((other) => other.split(".").at(-1) === key);
  // Keys of a whole section are meant more often than those of one part of it.
  const elsewhere = same.filter((other) => depth(other) === Math.min(...same.map(depth)));
  if (elsewhere.length > 0) return `; did you mean ${elsewhere.slice(0, 3).join(" or ")}?`;
  return "";
}
