/**
 * Asks Ajv whether a finished value, one of an `enum` or a property's name, is valid for a sub-schema.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { RequestRefusedError, type JsonSchema } from "../../backend.js";
import { messageOf } from "../../../errors.js";
import type { Located } from "./located.js";

const KEY = "schema:root";

/**
 * Makes the question for one schema.
 * @returns a function of a sub-schema, of which only the place counts, and a value
 * @throws {RequestRefusedError} from that function, when Ajv refuses the schema
 */
export function accepter(root: JsonSchema): (part: Located, value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  const copy = typeof root === "object" ? { ...root } : {};
  delete (copy as Record<string, unknown>)["$id"];
  delete (copy as Record<string, unknown>)["$schema"];
  const known = new Map<string, (value: unknown) => boolean>();
  return (part, value) => {
    let accepts = known.get(part.pointer);
    if (!accepts) {
      try {
        if (!ajv.getSchema(KEY)) ajv.addSchema(copy, KEY);
        // Schemas that were made here stand nowhere and refer to nothing.
        const isMade = /\/if\/\((?:true|false|absent)\)(?:\/|$)/.test(part.pointer);
        const validate = ajv.compile(
          isMade ? part.schema : { $ref: `${KEY}#${encodeURI(part.pointer).replaceAll("#", "%23")}` },
        );
        accepts = (candidate) => validate(candidate);
      } catch (error) {
        throw new RequestRefusedError(`the schema at "${part.pointer}" cannot be used: ${messageOf(error)}`, {
          remedy: "correct the schema",
          cause: error,
        });
      }
      known.set(part.pointer, accepts);
    }
    return accepts(value);
  };
}
