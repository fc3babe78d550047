/** Documents to generated records. */
import path from "node:path";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { InputError, QuernError, UsageError } from "../../errors.js";
import { sizeChunks, type Sizes } from "../create/sizing.js";
import type { Amount, CreateType, Creation, CreationReport } from "../create/type.js";
import type { Document } from "../document.js";
import type { Engine } from "../engine/engine.js";
import { NameGiver, reportPath } from "../files/names.js";
import { ensureOutputFolder, writeFileAtomic } from "../files/write.js";
import { chunkDocument } from "../ingest/chunker.js";
import { loadDocument } from "../ingest/read.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import type { Item } from "../records/record.js";
import { readSourceOf } from "../records/read.js";
import { forEachInput } from "./inputs.js";
import { addCount, type Observer, type StageResult, Work } from "./stage.js";

export interface CreateOptions {
  backend: Backend;
  config: Config;
  type: CreateType;
  /** How many records; what the configuration says where absent. */
  amount?: Amount | undefined;
  outputFolder: string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** Everything that is the same for all documents of a run. */
export class Creator {
  private constructor(
    readonly engine: Engine,
    readonly options: CreateOptions,
    private readonly prompts: { main: Prompt; summary: Prompt },
    readonly sizes: Sizes,
    private readonly names: NameGiver,
  ) {}

  /**
   * Checks all that can be checked before any work is done.
   * @throws {UsageError} {ConfigError} {OutputError}
   */
  static async prepare(options: CreateOptions, engine: Engine): Promise<Creator> {
    const { backend, config, type, outputFolder } = options;
    checkAmount(options.amount);
    const prompts = {
      main: compilePrompt(type.promptName, config.prompts[type.promptName]),
      summary: compilePrompt("summary", config.prompts.summary),
    };
    const promptTokens = await Promise.all(
      Object.values(prompts).map((prompt) =>
        backend.countMessageTokens([
          { role: "user", content: prompt.render({ num_pairs: "100", num_examples: "100" }) },
        ]),
      ),
    );
    // A summary in the prompt takes room of its own.
    const summaryTokens = prompts.main.uses("summary") ? 400 : 0;
    const sizes = sizeChunks({
      limits: backend.limits,
      promptTokens: Math.max(...promptTokens) + summaryTokens,
      maxTokens: config.generation.max_tokens,
      chunkSize: config.generation.chunk_size,
      overlap: config.generation.overlap,
    });
    await ensureOutputFolder(outputFolder);
    const names = new NameGiver((name) => readSourceOf(outputOf(options, name)));
    options.observer?.detail(
      `chunks of up to ${sizes.chunk.size} ${sizes.chunk.unit}, overlap ${sizes.chunk.overlap}; answers of up to ${sizes.answerTokens} tokens`,
    );
    return new Creator(engine, options, prompts, sizes, names);
  }

  /** The file for a document's records. */
  async outputFor(document: Document): Promise<string> {
    return outputOf(this.options, await this.names.nameFor(document.stem, document.source, document.hash));
  }

  /**
   * Cuts a document into chunks and makes it ready to be worked on.
   * @throws {InputError} when there is no text in it
   * @throws {UsageError} when a chunk in characters turns out too long for the context
   */
  async begin(document: Document, answers: Creation["answers"]): Promise<Creation> {
    const { backend, config, type } = this.options;
    const chunks = await chunkDocument(document, {
      ...this.sizes.chunk,
      countTokens: (texts) => backend.countTokens(texts),
    });
    if (chunks.length === 0)
      throw new InputError(`${document.source}: there is no text in it`, { remedy: "leave it out" });
    const longest = Math.max(...chunks.map((chunk) => chunk.tokens));
    if (longest > this.sizes.maxChunkTokens)
      throw new UsageError(
        `a chunk of ${document.source} has ${longest} tokens, and ${this.sizes.maxChunkTokens} fit the context of ${backend.limits.contextTokens} beside prompt and answer`,
        { remedy: "lower --chunk-size, give it in tokens, or use a larger context" },
      );
    const report: CreationReport = {
      document: document.source,
      characters: document.text.length,
      chunks: chunks.length,
      made: 0,
      duplicates: 0,
      topUpRounds: 0,
      cutAnswers: 0,
      failures: {},
    };
    return {
      document,
      chunks,
      engine: this.engine,
      answers,
      config,
      prompts: this.prompts,
      sizes: this.sizes,
      amount: this.options.amount ?? type.defaultAmount(config),
      report,
    };
  }

  /**
   * Writes a document's records and the report beside them.
   * @returns what was written
   * @throws {QuernError} when not one record could be made
   */
  async finish(creation: Creation, items: readonly Item[], output: string): Promise<Record<string, unknown>> {
    const { report } = creation;
    if (this.options.type.items !== undefined && items.length === 0) {
      const reasons = Object.entries(report.failures).map(([reason, times]) => `${reason} (${times} times)`);
      throw new QuernError(`${report.document}: no record could be made: ${reasons.join("; ")}`, {
        remedy: "try another --seed, more generation.retries or a stronger model",
      });
    }
    const content = await this.options.type.content(creation, items);
    await writeFileAtomic(output, `${JSON.stringify(content, null, 2)}\n`);
    await writeFileAtomic(reportPath(output), `${JSON.stringify(this.reportOf(creation), null, 2)}\n`);
    return content;
  }

  private reportOf({ report }: Creation): Record<string, unknown> {
    const { backend, type } = this.options;
    return {
      stage: "create",
      type: type.name,
      ...report,
      model: backend.model,
      backend: backend.description,
      sizes: this.sizes,
    };
  }
}

/** Notes in the result what became of a document, and says what is missing. */
export function noteCreation(result: StageResult, observer: Observer, { report }: Creation): void {
  addCount(result, "records made", report.made);
  if (report.duplicates > 0) addCount(result, "duplicates dropped", report.duplicates);
  if (report.cutAnswers > 0) addCount(result, "answers cut at the token limit", report.cutAnswers);
  const failed = Object.values(report.failures).reduce((sum, times) => sum + times, 0);
  if (failed > 0) addCount(result, "requests without a usable answer", failed);
  const missing = (report.wanted ?? report.made) - report.made;
  if (missing > 0) {
    addCount(result, "records missing", missing);
    observer.warn(
      `${report.document}: ${report.made} of ${report.wanted ?? 0} records: ${failed > 0 ? "requests failed" : "the text gave no more different questions"}`,
    );
  }
  const summaryFailed = Object.keys(report.failures).some((reason) => reason.startsWith("summary:"));
  if (failed > 0 && (missing > 0 || summaryFailed)) result.incomplete++;
}

/**
 * Makes records of documents, as many documents at once as keep the backend full, and one file per document.
 * @param inputs documents or datasets
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} what ends the whole run
 */
export function create(inputs: readonly string[], options: CreateOptions): Promise<StageResult> {
  return forEachInput(
    inputs,
    options,
    async ({ engine, observer, result }) => {
      const creator = await Creator.prepare(options, engine);
      // Names are given in the order of the inputs, however long each takes to read, so that each run gives the same.
      let named: Promise<unknown> = Promise.resolve();
      return async (input) => {
        const loading = loadDocument(input);
        const naming = Promise.allSettled([named, loading]).then(async () =>
          creator.outputFor((await loading).document),
        );
        named = naming.catch(() => undefined);
        const { document, warnings } = await loading;
        for (const warning of warnings) observer.warn(`${input}: ${warning}`);
        const output = await naming;
        await using work = await Work.begin(output, observer);
        const creation = await creator.begin(document, work.journal);
        observer.detail(`${document.source}: ${creation.chunks.length} chunks`);
        const items: Item[] = [];
        for await (const item of options.type.items?.(creation) ?? []) items.push(item);
        await creator.finish(creation, items, output);
        noteCreation(result, observer, creation);
        return output;
      };
    },
    (output) => `Content saved to ${output}`,
  );
}

function outputOf({ outputFolder, type }: CreateOptions, name: string): string {
  return path.join(outputFolder, `${name}${type.suffix}.json`);
}

function checkAmount(amount: Amount | undefined): void {
  for (const [flag, value] of [
    ["-n", amount?.total],
    ["--num-pairs-per-chunk", amount?.perChunk],
  ] as const)
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new UsageError(`${flag} ${value}: the number must be at least 1`, { remedy: "give a positive number" });
}
