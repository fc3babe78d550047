/** What can be said of a task's schemas before a model is opened. */
import { schemaToGbnf } from "../../../backends/llama-cpp/gbnf/index.js";
import { lineOf } from "../../../errors.js";
import { checkTaskSchema } from "../../../pipeline/schema/task-schema.js";

/**
 * @returns a sentence for each word that is left out of a schema and each part of it that can never be there, one for
 *   keywords that are only checked once an answer is there, and one where no grammar can enforce a keyword, so that a model
 *   in place will refuse the schema
 */
export function schemaProblems(task: {
  input_json_schema?: string | null;
  output_json_schema?: string | null;
}): string[] {
  return (["input", "output"] as const).flatMap((which) => {
    const text = task[`${which}_json_schema`];
    if (text === null || text === undefined) return [];
    try {
      const { schema, notes } = checkTaskSchema(text, which);
      const { checkedAfterwards } = schemaToGbnf(schema);
      const unenforced =
        checkedAfterwards.length === 0
          ? []
          : [`${checkedAfterwards.join(", ")} cannot be enforced while decoding, only checked`];
      return [...notes, ...unenforced].map((note) => `the ${which} schema: ${note}`);
    } catch (error) {
      return [`the ${which} schema: ${lineOf(error)}`];
    }
  });
}
