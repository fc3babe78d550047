/** What can be said of a task's schemas before a model is opened. */
import { schemaToGbnf } from "../../../backends/llama-cpp/gbnf/index.js";
import { lineOf } from "../../../errors.js";
import { parseTaskSchema } from "../../../pipeline/schema/task-schema.js";

/**
 * @returns a sentence for each keyword that no grammar can enforce, so that a model in place will refuse the schema, and
 *   one for those that are checked only once an answer is there
 */
export function schemaProblems(task: {
  input_json_schema?: string | null;
  output_json_schema?: string | null;
}): string[] {
  return (["input", "output"] as const).flatMap((which) => {
    const text = task[`${which}_json_schema`];
    if (text === null || text === undefined) return [];
    try {
      const { checkedAfterwards } = schemaToGbnf(parseTaskSchema(text, which));
      if (checkedAfterwards.length === 0) return [];
      return [`the ${which} schema: ${checkedAfterwards.join(", ")} cannot be enforced while decoding, only checked`];
    } catch (error) {
      return [`the ${which} schema: ${lineOf(error)}`];
    }
  });
}
