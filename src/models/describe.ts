/** Facts of any model on disk. */
import { stat } from "node:fs/promises";
import { InputError } from "../errors.js";
import type { ModelFacts } from "./facts.js";
import { readGgufFacts } from "./gguf.js";
import { readHuggingFaceFacts } from "./huggingface.js";

/**
 * @param model the path of a GGUF file or of a Hugging Face folder
 * @throws {InputError} when there is neither, or it is damaged
 */
export async function readModelFacts(model: string): Promise<ModelFacts> {
  const found = await stat(model).catch(() => undefined);
  if (found === undefined) throw new InputError(`no model at ${model}`, { remedy: "check the path" });
  return found.isDirectory() ? await readHuggingFaceFacts(model) : await readGgufFacts(model);
}
