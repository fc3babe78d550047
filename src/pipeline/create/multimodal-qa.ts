import { InputError } from "../../errors.js";
import { pairHead, pairItems, recordOf } from "./pair-type.js";
import { type Picture, picturesForRequests } from "./pictures.js";
import type { DocumentType } from "./type.js";

/** Question and answer pairs about the pictures of a document, each chunk with its own. */
export const multimodalQa: DocumentType = {
  name: "multimodal-qa",
  input: "documents",
  // As in synthetic-data-kit, whose files others look for.
  suffix: "",
  promptName: "multimodal_qa_generation",
  description: "question and answer pairs about a document's pictures",
  seesPictures: true,
  defaultAmount: (config) => ({ total: config.generation.num_pairs }),
  async *items(creation) {
    const { chunks, document, report } = creation;
    const lists = await picturesForRequests(creation);
    const seen = chunks.filter((chunk) => (lists.get(chunk)?.length ?? 0) > 0);
    report.chunksWithoutPictures = chunks.length - seen.length;
    if (seen.length === 0) {
      const reasons = Object.entries(report.pictures?.leftOut ?? {}).map(([reason, times]) => `${times} ${reason}`);
      throw new InputError(
        `${document.source}: there are no pictures in it that a model can be shown${reasons.length === 0 ? "" : `: ${reasons.join(", ")}`}`,
        { remedy: "ingest it with --multimodal, give the document itself, or use --type qa" },
      );
    }
    const picturesOf = (chunk: (typeof chunks)[number]): readonly (readonly Picture[])[] => lists.get(chunk) ?? [];
    yield* pairItems(
      creation,
      { countPlaceholder: "num_pairs", texts: { question: 400, answer: 1500 }, tokensPerItem: 100 },
      seen,
      picturesOf,
    );
  },
  lists: { qa_pairs: recordOf },
  head: (creation) => (creation.document.text.trim() === "" ? Promise.resolve({ summary: "" }) : pairHead(creation)),
};
