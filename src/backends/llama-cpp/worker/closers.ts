import type { LlamaModel, Token } from "node-llama-cpp";

/** Tells which tokens may close a JSON object or array, so that text is looked at only after those. */
export class Closers {
  private readonly known = new Map<Token, boolean>();

  constructor(private readonly model: LlamaModel) {}

  has(token: Token): boolean {
    const known = this.known.get(token);
    if (known !== undefined) return known;
    const closes = /[}\]]/.test(this.model.detokenize([token]));
    this.known.set(token, closes);
    return closes;
  }
}
