/**
 * Schemas for tests, each with values that its grammar must and must not generate.
 */
import type { JsonSchema } from "../../../backend.js";
import { arrays } from "./array-cases.js";
import { combined } from "./combined-cases.js";
import { objects } from "./object-cases.js";
import { scalars } from "./scalar-cases.js";
import { strings } from "./string-cases.js";

export interface Case {
  name: string;
  schema: JsonSchema;
  accepts: unknown[];
  rejects: unknown[];
  /** What the grammar leaves to a validator; values in `rejects` are then the grammar's own only. */
  checked?: string[];
}

export const cases: readonly Case[] = [...scalars, ...strings, ...objects, ...arrays, ...combined];
