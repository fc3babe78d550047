/**
 * From JSON Schema to the grammar that makes a model write nothing but valid JSON.
 *
 * Every keyword is enforced by the grammar, or named in `checkedAfterwards` for a validator to check, or refused.
 */
import type { JsonSchema } from "../../backend.js";
import { compile } from "./compile.js";
import { located } from "./located.js";

export interface SchemaGrammar {
  /** GBNF, the notation of llama.cpp, with `root` as its start. */
  readonly grammar: string;
  /** JSON pointers to the keywords that the grammar does not enforce, such as "/properties/age/multipleOf". */
  readonly checkedAfterwards: string[];
}

/**
 * Compiles a schema to a grammar of JSON text in the style of Python's `json.dumps(value, ensure_ascii=False)`: a
 * space behind each comma and colon, no other white space, nothing before or behind the value.
 *
 * The grammar generates a part of what the schema allows where all of it would not serve:
 * - objects with `properties` have the declared ones only, unless `additionalProperties` is given;
 * - arrays with `prefixItems` have only these, unless `items` is given or `minItems` asks for more;
 * - without `type`, a value has the types that the keywords speak of (`properties`: an object);
 * - properties come in the order in which they are declared, further ones after them;
 * - where `propertyNames` lists names, these are optional properties, each there at most once;
 * - numbers have up to 15 digits before and after the point and an exponent of two, so that JSON.parse keeps them;
 *   numbers with bounds have no exponent, integers neither exponent nor fraction;
 * - dates, times, addresses and UUIDs have the common form of their format;
 * - a pattern that may grow in several places has, within a `maxLength`, its share in each; multiples without bounds have
 *   up to nine digits before the point.
 * @param schema draft 2020-12; `definitions` is accepted beside `$defs`
 * @returns the grammar, the same one for the same schema
 * @throws {RequestRefusedError} naming the keyword that can neither be enforced nor checked, or when no finite value
 *   is valid
 */
export function schemaToGbnf(schema: JsonSchema): SchemaGrammar {
  const { rules, root, checkedAfterwards } = compile(schema, located(schema, ""));
  return { grammar: rules.print(root), checkedAfterwards: [...checkedAfterwards] };
}
