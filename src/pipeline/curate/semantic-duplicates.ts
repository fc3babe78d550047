/** Records that say what an earlier one says in other words, by the vectors of an embedding model. The first one stays. */
import type { Embedder } from "../../backends/embedder.js";
import { VectorIndex } from "../text/lsh-vectors.js";
import { answerText, type Candidate, type Check, type Looker, questionText, type Verdict } from "./check.js";
import { Reservoir } from "./diversity/sketches.js";
import { RecordNames } from "./record-names.js";

/** Vectors that self-similarity is measured on. */
const sampled = 1000;
const seed = 1;

const noModel =
  "no embedding model is named: set curate.embedding.model to a GGUF file, or curate.embedding.api_base to a server";

export const semanticDuplicates: Check = {
  name: "semantic_duplicates",
  description: "says in other words what an earlier record says (cosine of the vectors of question and answer)",
  stage: "set",
  async open({ config, openEmbedder, signal }) {
    if (openEmbedder === undefined)
      return { look: (batch) => batch.map(() => ({})), summary: () => ({ ran: false, why: noModel }) };
    return new SemanticLooker(await openEmbedder(), config.curate.checks.semantic_duplicates.threshold, signal);
  },
};

class SemanticLooker implements Looker {
  private readonly index: VectorIndex;
  private readonly names = new RecordNames();
  private readonly sample = new Reservoir<Float32Array>(sampled, seed);
  private found = 0;
  private without = 0;

  constructor(
    private readonly embedder: Embedder,
    private readonly threshold: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.index = new VectorIndex({ dimensions: embedder.dimensions, threshold });
  }

  async look(batch: readonly Candidate[]): Promise<readonly Verdict[]> {
    const texts = batch.map(({ record }) => `${questionText(record)}\n${answerText(record)}`);
    const vectors = await this.embedder.embed(texts, { signal: this.signal });
    return batch.map((candidate, at) => this.compare(candidate, vectors[at]!));
  }

  summary() {
    const { embedder, index } = this;
    return {
      ran: true,
      model: embedder.model.name,
      dimensions: embedder.dimensions,
      threshold: this.threshold,
      different: index.size,
      duplicates: this.found,
      /** Texts longer than the model takes: only their beginning was compared. */
      cut: embedder.cut,
      /** Texts in which the model sees nothing. */
      without_vector: this.without,
      not_compared_with_all: index.crowded,
      self_similarity: this.selfSimilarity(),
    };
  }

  close(): Promise<void> {
    return Promise.resolve(this.embedder[Symbol.asyncDispose]());
  }

  private compare(candidate: Candidate, vector: Float32Array): Verdict {
    if (vector.every((value) => value === 0)) {
      this.without++;
      return {};
    }
    this.sample.add(() => vector);
    const { duplicateOf, similarity } = this.index.add(vector);
    const score = Number(similarity.toFixed(3));
    if (duplicateOf === undefined) {
      this.names.add(candidate);
      return { score };
    }
    this.found++;
    const repeats = this.names.of(duplicateOf);
    return {
      score,
      problems: [
        {
          reason: "says in other words what an earlier record says",
          detail: `${repeats}, cosine ${similarity.toFixed(2)}`,
        },
      ],
      note: { repeats, similarity: score },
    };
  }

  /** Mean cosine of each record of a sample to the one nearest to it, and of all pairs. */
  private selfSimilarity() {
    const vectors = this.sample.items;
    if (vectors.length < 2) return null;
    const nearest = new Float64Array(vectors.length).fill(-1);
    let sum = 0;
    for (let a = 0; a < vectors.length; a++)
      for (let b = 0; b < a; b++) {
        let cosine = 0;
        for (let at = 0; at < vectors[a]!.length; at++) cosine += vectors[a]![at]! * vectors[b]![at]!;
        sum += cosine;
        nearest[a] = Math.max(nearest[a]!, cosine);
        nearest[b] = Math.max(nearest[b]!, cosine);
      }
    const pairs = (vectors.length * (vectors.length - 1)) / 2;
    const tidy = (value: number) => Number(value.toFixed(4));
    return {
      nearest: tidy(nearest.reduce((all, one) => all + one, 0) / vectors.length),
      pairs: tidy(sum / pairs),
      records: vectors.length,
    };
  }
}
