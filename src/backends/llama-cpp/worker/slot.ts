/** One sequence of the context and the request it is working on. */
import type { LlamaContextSequence, LlamaGrammarEvaluationState, LlamaModel, Token } from "node-llama-cpp";
import type { GenerateResult } from "../../backend.js";
import type { WireRequest } from "../protocol.js";
import type { RenderedPrompt } from "./chat.js";
import type { Closers } from "./closers.js";
import { JsonEndDetector } from "./json-end.js";

export interface SlotJob {
  request: WireRequest;
  prompt: RenderedPrompt;
  grammar: LlamaGrammarEvaluationState | undefined;
}

export interface SlotSettings {
  model: LlamaModel;
  onDelta: (id: number, text: string) => void;
  closers: Closers;
}

/**
 * Works on one request at a time, in steps that the scheduler calls: `prefill` until the prompt is evaluated, then
 * `decode` once per token. The sequence keeps its KV cache between requests, so a prompt that starts like the one
 * before is evaluated from the first difference only.
 */
export class Slot {
  private job: SlotJob | undefined;
  /** Prompt tokens that still have to be evaluated. */
  private waiting: Token[] = [];
  private cachedTokens = 0;
  private output: Token[] = [];
  /** How many of the output's tokens have been turned into text. */
  private detokenized = 0;
  private text = "";
  private jsonEnd: JsonEndDetector | undefined;
  private decoding: AsyncGenerator<Token, unknown, undefined> | undefined;

  constructor(
    readonly index: number,
    private readonly sequence: LlamaContextSequence,
    private readonly settings: SlotSettings,
  ) {}

  get requestId(): number | undefined {
    return this.job?.request.id;
  }

  get isFree(): boolean {
    return this.job === undefined;
  }

  /** Prompt tokens left to evaluate; 0 once the slot decodes. */
  get waitingTokens(): number {
    return this.waiting.length;
  }

  /** How many leading tokens of a prompt the cache of this slot already holds. */
  sharedPrefix(tokens: readonly Token[]): number {
    const cached = this.sequence.contextTokens;
    const limit = Math.min(cached.length, tokens.length - 1);
    let shared = 0;
    while (shared < limit && cached[shared] === tokens[shared]) shared++;
    return shared;
  }

  /** Takes a request and forgets what of the cache does not fit it. Must not run during a step. */
  async start(job: SlotJob): Promise<void> {
    this.job = job;
    const { tokens } = job.prompt;
    // The last token is always evaluated: its logits give the answer's first token.
    await this.sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    this.cachedTokens = this.sequence.nextTokenIndex;
    this.waiting = tokens.slice(this.cachedTokens);
    this.output = [];
    this.detokenized = 0;
    this.text = "";
    this.jsonEnd = job.request.grammar === undefined ? undefined : new JsonEndDetector();
    this.decoding = undefined;
  }

  /**
   * Evaluates up to `budget` tokens of the prompt; with the last of them, the answer's first token is decoded.
   * @returns the result if the answer is complete with this
   */
  async prefill(budget: number): Promise<GenerateResult | undefined> {
    if (this.waiting.length > budget) {
      const piece = this.waiting.slice(0, budget);
      this.waiting = this.waiting.slice(budget);
      await this.sequence.evaluateWithoutGeneratingNewTokens(piece, { evaluationPriority: this.index as never });
      return undefined;
    }
    const { request, grammar } = this.job!;
    this.decoding = this.sequence.evaluate(this.waiting, {
      temperature: request.sampling.temperature,
      topP: request.sampling.topP,
      // llama.cpp's own default; without it the whole vocabulary is sorted for each token.
      topK: 40,
      seed: request.sampling.seed,
      evaluationPriority: this.index as never,
      ...(grammar === undefined ? {} : { grammarEvaluationState: grammar }),
    });
    this.waiting = [];
    return await this.decode();
  }

  /**
   * Decodes one token.
   * @returns the result if the answer is complete with it
   */
  async decode(): Promise<GenerateResult | undefined> {
    const { request, prompt } = this.job!;
    const { value: token, done } = await this.decoding!.next();
    if (done === true || prompt.stopTokens.has(token)) return this.result("stop");
    this.output.push(token);
    const mayEnd = this.jsonEnd !== undefined && this.settings.closers.has(token);
    if ((mayEnd || request.stream) && this.takeText()) return this.result("stop");
    if (this.output.length >= request.maxTokens) return this.result("length");
    return undefined;
  }

  /** Gives the slot back. The cache stays for the next request. */
  async release(): Promise<void> {
    const decoding = this.decoding;
    this.job = undefined;
    this.decoding = undefined;
    this.waiting = [];
    await decoding?.return(undefined);
  }

  /** Turns new tokens into text; a character whose bytes are not all there yet waits for the next token. */
  private takeText(): boolean {
    const fresh = this.output.slice(this.detokenized);
    const piece = this.settings.model.detokenize(
      fresh,
      false,
      this.output.slice(Math.max(0, this.detokenized - 4), this.detokenized),
    );
    if (piece.endsWith("\uFFFD") && fresh.length < 8) return false;
    this.detokenized = this.output.length;
    this.text += piece;
    if (this.job!.request.stream && piece !== "") this.settings.onDelta(this.job!.request.id, piece);
    return this.jsonEnd?.push(piece) ?? false;
  }

  private result(finishReason: "stop" | "length"): GenerateResult {
    const complete = this.detokenized === this.output.length && this.detokenized > 0;
    return {
      text: complete ? this.text : this.settings.model.detokenize(this.output),
      finishReason,
      usage: {
        promptTokens: this.job!.prompt.tokens.length,
        cachedTokens: this.cachedTokens,
        completionTokens: this.output.length,
      },
    };
  }
}
