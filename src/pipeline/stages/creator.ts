/** Makes documents ready to be worked on, and says what became of them. */
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { InputError, QuernError, UsageError } from "../../errors.js";
import { reserveForPictures } from "../create/pictures.js";
import { QuestionPlan } from "../create/question-plan.js";
import { blindness, setUp, type Setup } from "../create/setup.js";
import { sizeChunks, type Sizes } from "../create/sizing.js";
import { type Amount, type Creation, type CreationReport, type DocumentType, sourceOf } from "../create/type.js";
import type { Chunk, Document } from "../document.js";
import type { Engine } from "../engine/engine.js";
import { chunkDocument } from "../ingest/chunker.js";
import type { Item } from "../records/record.js";

export interface CreatorOptions {
  backend: Backend;
  config: Config;
  type: DocumentType;
  amount?: Amount | undefined;
}

/** Where the user does not say, a document of up to so many characters is read in one piece. */
const autoSingleCall = 8000;
/** Of a summary in a prompt, at most. */
const summaryTokens = 400;

/** Everything that is the same for all documents of a run. */
export class Creator {
  private constructor(
    readonly engine: Engine,
    readonly options: CreatorOptions,
    readonly setup: Setup,
    readonly sizes: Sizes,
  ) {}

  /**
   * Checks all that can be checked before any work is done.
   * @throws {UsageError} {ConfigError} {InputError}
   */
  static async prepare(options: CreatorOptions, engine: Engine): Promise<Creator> {
    const { backend, config, type } = options;
    const setup = await setUp(config, type, options.amount);
    if (type.seesPictures === true && !backend.limits.images && (await backend.seesImages?.()) !== true)
      throw blindness(type, backend.model.name);
    const { generation } = config;
    const { types, difficulty } = new QuestionPlan(generation).longestWish;
    const around = "\nQuestion types: \nDifficulty: \nLanguage: Norwegian Bokmål, whatever the language of the text.";
    const values = { num_pairs: "100", num_examples: "100", language: "", question_types: "", difficulty: "" };
    const wishes = type.items === undefined ? "" : `${around}${types}${difficulty}`;
    const count = (text: string) => backend.countMessageTokens([{ role: "user", content: text }]);
    const [main, bare, summary] = await Promise.all([
      count(setup.prompts.main.render(values) + wishes),
      count(setup.bare.render(values) + wishes),
      count(setup.prompts.summary.render({}) + around),
    ]);
    const pictureTokens = type.seesPictures === true ? reserveForPictures(generation, backend.limits.contextTokens) : 0;
    const sizes = sizeChunks({
      limits: backend.limits,
      // A summary in the prompt takes room of its own.
      promptTokens: Math.max(main + pictureTokens + (setup.bare.uses("summary") ? summaryTokens : 0), summary),
      exampleTokens: main - bare,
      maxTokens: generation.max_tokens,
      chunkSize: generation.chunk_size,
      overlap: type.items === undefined ? generation.summary_overlap : generation.overlap,
    });
    return new Creator(engine, options, setup, pictureTokens === 0 ? sizes : { ...sizes, pictureTokens });
  }

  /** How the run is set up, for those who want to know more. */
  get description(): string[] {
    const { chunk, answerTokens, pictureTokens } = this.sizes;
    const { examples } = this.setup;
    return [
      `chunks of up to ${chunk.size} ${chunk.unit}, overlap ${chunk.overlap}; answers of up to ${answerTokens} tokens`,
      ...(examples === undefined ? [] : [`${examples.pairs.length} examples from ${examples.file} before each text`]),
      ...(pictureTokens === undefined ? [] : [`${pictureTokens} tokens of each request are kept free for pictures`]),
    ];
  }

  /**
   * Cuts a document into chunks and makes it ready to be worked on.
   * @throws {InputError} when there is no text in it, or it is to be read in one piece and is too long
   * @throws {UsageError} when a chunk in characters turns out too long for the context
   */
  async begin(document: Document, answers: Creation["answers"]): Promise<Creation> {
    const { backend, config, type } = this.options;
    const chunks = await this.chunksOf(document);
    if (chunks.length === 0)
      throw new InputError(`${document.source}: there is no text in it`, { remedy: "leave it out" });
    const longest = Math.max(...chunks.map((chunk) => chunk.tokens));
    if (longest > this.sizes.maxChunkTokens)
      throw new UsageError(
        `a chunk of ${document.source} has ${longest} tokens, and ${this.sizes.maxChunkTokens} fit the context of ${backend.limits.contextTokens} beside prompt and answer`,
        { remedy: "lower --chunk-size, give it in tokens, or use a larger context" },
      );
    return {
      document,
      chunks,
      engine: this.engine,
      answers,
      config,
      prompts: this.setup.prompts,
      sizes: this.sizes,
      amount: this.options.amount ?? type.defaultAmount(config),
      examples: this.setup.examples,
      report: emptyReport(document, chunks.length),
    };
  }

  /**
   * What the file of a single document holds.
   * @throws {QuernError} when not one record could be made
   */
  async contentOf(creation: Creation, items: readonly Item[]): Promise<Record<string, unknown>> {
    const { type } = this.options;
    requireRecords(this.options.type, creation, items);
    const head = await type.head(creation);
    const lists = Object.entries(type.lists).map(([key, entry]) => [key, items.map(entry)]);
    return {
      ...head,
      ...(Object.fromEntries(lists) as Record<string, unknown>),
      source: sourceOf(creation, used(creation, items)),
    };
  }

  /** The report beside a file. */
  reportOf(report: object): Record<string, unknown> {
    const { backend, type, config } = this.options;
    const { examples, prompts } = this.setup;
    return {
      stage: "create",
      type: type.name,
      ...report,
      ...(examples === undefined ? {} : { examples: { file: examples.file, count: examples.pairs.length } }),
      prompt: prompts.main.version,
      seed: config.generation.seed,
      model: backend.model,
      backend: backend.description,
      sizes: this.sizes,
    };
  }

  /** Cuts a document as the configuration's strategy says. */
  private async chunksOf(document: Document): Promise<Chunk[]> {
    const { backend, config } = this.options;
    const { processing_strategy, single_call_max_size, chunk_size } = config.generation;
    const countTokens = (texts: readonly string[]) => backend.countTokens(texts);
    const inOnePiece = () =>
      chunkDocument(document, { size: this.sizes.maxChunkTokens, overlap: 0, unit: "tokens", countTokens });
    if (processing_strategy === "single") {
      const pieces = await inOnePiece();
      if (pieces.length > 1)
        throw new InputError(
          `${document.source}: with ${document.text.length} characters it does not fit the context of ${backend.limits.contextTokens} tokens in one piece`,
          { remedy: "use generation.processing_strategy auto or chunking, or a larger context" },
        );
      return pieces;
    }
    const ofUser =
      single_call_max_size === "auto" ? (chunk_size === "auto" ? autoSingleCall : 0) : single_call_max_size;
    if (processing_strategy === "auto" && document.text.trim().length <= ofUser) {
      const pieces = await inOnePiece();
      if (pieces.length === 1) return pieces;
    }
    return await chunkDocument(document, { ...this.sizes.chunk, countTokens });
  }
}

/** @throws {QuernError} when a type that makes records has made none */
export function requireRecords(type: DocumentType, { report }: Creation, items: readonly Item[]): void {
  if (type.items === undefined || items.length > 0) return;
  const reasons = [
    ...Object.entries(report.failures).map(([reason, times]) => `${reason} (${times} times)`),
    ...unusableOf(report).map(([name, times]) => `${name} (${times})`),
  ];
  throw new QuernError(`${report.document}: no record could be made: ${reasons.join("; ") || "the model gave none"}`, {
    remedy: "try another --seed, more generation.retries or a stronger model",
  });
}

/** The chunks that records were made from. */
export function used({ chunks }: Creation, items: readonly Item[]): ReadonlySet<number> {
  // A summary is of all of them.
  return new Set(items.length === 0 ? chunks.map((chunk) => chunk.index) : items.map((item) => item.provenance.chunk));
}

/** Records that could not be used although the answer was valid, by what was wrong with them. */
export function unusableOf(report: CreationReport): [name: string, times: number][] {
  const all: [string, number][] = [
    ["empty records", report.empty],
    ["records in another language", report.otherLanguage],
    ["records copied from the examples", report.copied],
  ];
  return all.filter(([, times]) => times > 0);
}

function emptyReport(document: Document, chunks: number): CreationReport {
  return {
    document: document.source,
    characters: document.text.length,
    chunks,
    made: 0,
    duplicates: 0,
    copied: 0,
    empty: 0,
    otherLanguage: 0,
    topUpRounds: 0,
    cutAnswers: 0,
    failures: {},
  };
}
