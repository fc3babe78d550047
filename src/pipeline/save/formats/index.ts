import { UsageError } from "../../../errors.js";
import type { SaveFormat } from "../format.js";
import { alpaca } from "./alpaca.js";
import { chatml } from "./chatml.js";
import { ft } from "./ft.js";
import { jsonl } from "./jsonl.js";
import { openai } from "./openai.js";
import { sharegpt } from "./sharegpt.js";

/** Everything `save-as --format` can write. A new format is one file and one line here. */
export const saveFormats: readonly SaveFormat[] = [jsonl, alpaca, ft, chatml, sharegpt, openai];

/** @throws {UsageError} naming the formats there are */
export function saveFormatNamed(name: string): SaveFormat {
  const format = saveFormats.find((candidate) => candidate.name === name);
  if (format === undefined)
    throw new UsageError(`Unknown format type "${name}"`, {
      remedy: `use --format ${saveFormats.map((candidate) => candidate.name).join(", ")}`,
    });
  return format;
}
