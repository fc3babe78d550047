/** The types of columns, found from the values of all records. */
import type { DataType } from "apache-arrow";
import { InputError } from "../../../errors.js";

export type ColumnType =
  | { kind: "null" | "bool" | "int" | "float" | "string" }
  | { kind: "list"; of: ColumnType }
  | { kind: "struct"; fields: Map<string, ColumnType> };

/** The type of one value. */
export function typeOf(value: unknown): ColumnType {
  if (value === null || value === undefined) return { kind: "null" };
  switch (typeof value) {
    case "boolean":
      return { kind: "bool" };
    case "number":
      return { kind: Number.isSafeInteger(value) ? "int" : "float" };
    case "object":
      if (Array.isArray(value))
        return { kind: "list", of: value.map(typeOf).reduce((a, b) => unite(a, b, ""), { kind: "null" }) };
      return { kind: "struct", fields: new Map(Object.entries(value).map(([key, one]) => [key, typeOf(one)])) };
    default:
      return { kind: "string" };
  }
}

/**
 * The type that holds values of both.
 * @param name the column, for the message
 * @throws {InputError} where there is none
 */
export function unite(a: ColumnType, b: ColumnType, name: string): ColumnType {
  if (a.kind === "null") return b;
  if (b.kind === "null") return a;
  if (a.kind === "list" && b.kind === "list") return { kind: "list", of: unite(a.of, b.of, `${name}[]`) };
  if (a.kind === "struct" && b.kind === "struct") {
    const fields = new Map(a.fields);
    for (const [key, type] of b.fields) {
      const known = fields.get(key);
      fields.set(key, known === undefined ? type : unite(known, type, `${name}.${key}`));
    }
    return { kind: "struct", fields };
  }
  if (a.kind === b.kind) return a;
  const kinds = new Set([a.kind, b.kind]);
  if (kinds.has("int") && kinds.has("float")) return { kind: "float" };
  throw new InputError(`the column ${name} has values of different types: ${a.kind} and ${b.kind}`, {
    remedy: "save as json or jsonl, leave such columns out with format.include_metadata: false, or make them alike",
  });
}

/** A type that tables can have: an object that has no keys in any record is a column without values. */
export function settled(type: ColumnType): ColumnType {
  if (type.kind === "list") return { kind: "list", of: settled(type.of) };
  if (type.kind !== "struct") return type;
  if (type.fields.size === 0) return { kind: "null" };
  return { kind: "struct", fields: new Map([...type.fields].map(([key, field]) => [key, settled(field)])) };
}

type Arrow = typeof import("apache-arrow");

export function arrowType(arrow: Arrow, type: ColumnType): DataType {
  switch (type.kind) {
    case "bool":
      return new arrow.Bool();
    case "int":
      return new arrow.Int64();
    case "float":
      return new arrow.Float64();
    case "list":
      return new arrow.List(new arrow.Field("item", arrowType(arrow, type.of), true));
    case "struct":
      return new arrow.Struct(
        [...type.fields].map(([key, field]) => new arrow.Field(key, arrowType(arrow, field), true)),
      );
    case "null":
    case "string":
      return new arrow.Utf8();
  }
}

/** The type as Hugging Face's `datasets` writes it into `dataset_info.json`. */
export function feature(type: ColumnType): unknown {
  switch (type.kind) {
    case "bool":
      return { dtype: "bool", _type: "Value" };
    case "int":
      return { dtype: "int64", _type: "Value" };
    case "float":
      return { dtype: "float64", _type: "Value" };
    // The form that both old and new versions of the library read.
    case "list":
      return [feature(type.of)];
    case "struct":
      return Object.fromEntries([...type.fields].map(([key, field]) => [key, feature(field)]));
    case "null":
    case "string":
      return { dtype: "string", _type: "Value" };
  }
}

/** A value as the libraries of Arrow and Parquet take it for its type. */
export function arrowValue(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    // A column without values: what stands there is an object without keys.
    case "null":
      return null;
    case "int":
      return BigInt(value as number);
    case "list":
      return (value as unknown[]).map((one) => arrowValue(one, type.of));
    case "struct":
      return Object.fromEntries(
        [...type.fields].map(([key, field]) => [key, arrowValue((value as Record<string, unknown>)[key], field)]),
      );
    default:
      return value;
  }
}
