/** Answers that are objects of JSON, for the formats of Kiln that take no others. */
import type { StoredRecord } from "../records/read.js";
import type { EncodeOptions } from "./format.js";
import { kilnChat } from "./kiln-chat.js";
import { pythonObject } from "./python-json.js";

/** The tool that Kiln has models call to answer. */
export const answerTool = "task_response";

/** Why a record's answer cannot be taken; undefined where it can. */
export function answerRefusal(record: StoredRecord, options: EncodeOptions): string | undefined {
  const answer = kilnChat(record, options).at(-1)!.content;
  return pythonObject(answer) === undefined ? "its answer is no JSON object, which this format needs" : undefined;
}
