/** What is known of a model from its file alone, without loading it. Used to size context and sequences. */
export interface ModelFacts {
  /** The name in the file, or the file's name. */
  name: string;
  architecture: string;
  /** Bytes of all weights. */
  weightBytes: number;
  /** Tokens of context it was trained with. */
  trainContextTokens: number;
  vocabularySize: number;
  /** Bytes the KV cache takes per token of one sequence, at 16 bits per value. */
  kvBytesPerToken: number;
}
