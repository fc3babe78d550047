import { UsageError } from "../../errors.js";
import { cot } from "./cot.js";
import { cotEnhance } from "./cot-enhance.js";
import { multimodalQa } from "./multimodal-qa.js";
import { qa } from "./qa.js";
import { summary } from "./summary.js";
import type { CreateType } from "./type.js";

/** Everything `create --type` can make. A new kind is one file and one line here. */
export const createTypes: readonly CreateType[] = [qa, summary, cot, cotEnhance, multimodalQa];

/** @throws {UsageError} naming the kinds there are */
export function createTypeNamed(name: string): CreateType {
  const type = createTypes.find((candidate) => candidate.name === name);
  if (type !== undefined) return type;
  if (name === "vqa")
    throw new UsageError('the content type "vqa" is not available', {
      remedy: "use --type multimodal-qa, which asks about the pictures of documents",
    });
  throw new UsageError(`unknown content type "${name}"`, {
    remedy: `use --type ${createTypes.map((candidate) => candidate.name).join(", ")}`,
  });
}
