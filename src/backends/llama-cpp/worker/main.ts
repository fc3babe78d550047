/** The child process that hosts the model. It speaks the messages of `protocol.ts` and ends when its parent does. */
import { type Llama, type LlamaGrammar, LlamaGrammarEvaluationState } from "node-llama-cpp";
import { messageOf } from "../../../errors.js";
import type { ChatMessage } from "../../backend.js";
import type { Failure, FromWorker, LoadSettings, ToWorker, WireRequest } from "../protocol.js";
import { ChatRenderer } from "./chat.js";
import { Closers } from "./closers.js";
import { describeDevice, describeModel, type LoadedModel, loadModel, openLlama, StartFailure } from "./load.js";
import { Schedulers } from "./scheduler.js";
import { Slot } from "./slot.js";

const maxCachedGrammars = 64;

class Host {
  private readonly renderer: ChatRenderer;
  private readonly scheduler: Schedulers;
  private readonly grammars = new Map<string, { grammar: LlamaGrammar; state: LlamaGrammarEvaluationState }>();
  /** Requests that were aborted before they reached the scheduler. */
  private readonly preparing = new Map<number, { aborted: boolean }>();

  constructor(
    private readonly loaded: LoadedModel,
    private readonly settings: LoadSettings,
  ) {
    this.renderer = new ChatRenderer(loaded.model);
    const closers = new Closers(loaded.model);
    const onDelta = (id: number, text: string) => send({ type: "delta", id, text });
    const groups = loaded.contexts.map((context) =>
      Array.from({ length: settings.sequences / loaded.contexts.length }, (_, index) => {
        const sequence = context.getSequence({
          // Requests are checked to fit, so the library must never drop the beginning of one.
          contextShift: {
            strategy: () => {
              throw new Error("the context of a sequence is full");
            },
          },
        });
        return new Slot(index, sequence, { model: loaded.model, onDelta, closers });
      }),
    );
    // The limit on threads is one for all contexts, so it can follow what is measured only where there is one.
    const tuned = loaded.llama.gpu === false && loaded.contexts.length === 1;
    const use = (threads: number) => {
      loaded.llama.maxThreads = threads;
    };
    this.scheduler = new Schedulers(
      groups,
      settings.batchSize,
      {
        onDone: (id, result) => send({ type: "done", id, result }),
        onFailed: (id, error) => fail(id, { kind: "transient", message: messageOf(error) }),
        onAborted: (id) => fail(id, { kind: "aborted", message: "aborted" }),
      },
      tuned ? { max: settings.threads, use } : undefined,
    );
  }

  get chatTemplate(): string {
    return this.renderer.name;
  }

  async generate(request: WireRequest): Promise<void> {
    const preparation = { aborted: false };
    this.preparing.set(request.id, preparation);
    let state: LlamaGrammarEvaluationState | undefined;
    try {
      state = request.grammar === undefined ? undefined : (await this.grammar(request.grammar)).clone();
    } catch (error) {
      fail(request.id, {
        kind: "refused",
        message: `llama.cpp refuses the grammar of the schema: ${messageOf(error)}`,
      });
      return;
    } finally {
      this.preparing.delete(request.id);
    }
    if (preparation.aborted) {
      fail(request.id, { kind: "aborted", message: "aborted" });
      return;
    }
    const prompt = this.renderer.render(request.messages);
    // One token is the library's own margin.
    if (prompt.tokens.length + request.maxTokens > this.settings.contextTokens - 1) {
      fail(request.id, { kind: "overflow", message: "context overflow", promptTokens: prompt.tokens.length });
      return;
    }
    this.scheduler.submit({ request, prompt, grammar: state });
  }

  abort(id: number): void {
    const preparation = this.preparing.get(id);
    if (preparation === undefined) this.scheduler.abort(id);
    else preparation.aborted = true;
  }

  count(texts: readonly string[]): number[] {
    return texts.map((text) => this.loaded.model.tokenize(text).length);
  }

  countMessages(messages: readonly ChatMessage[]): number {
    return this.renderer.render(messages).tokens.length;
  }

  private async grammar(text: string): Promise<LlamaGrammarEvaluationState> {
    const cached = this.grammars.get(text);
    if (cached !== undefined) return cached.state;
    const grammar = await this.loaded.llama.createGrammar({ grammar: text });
    const state = new LlamaGrammarEvaluationState({ model: this.loaded.model, grammar });
    const [oldest] = this.grammars.keys();
    if (this.grammars.size >= maxCachedGrammars && oldest !== undefined) this.grammars.delete(oldest);
    this.grammars.set(text, { grammar, state });
    return state;
  }
}

function send(message: FromWorker): void {
  process.send!(message);
}

function fail(id: number, failure: Failure): void {
  send({ type: "failed", id, failure });
}

let host: Host | undefined;
/** Opened once: to tell what it computes on, and then to load the model. */
let opened: Promise<Llama> | undefined;

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "describe":
      opened = openLlama(message.gpu, message.maxThreads);
      // A failure is told by the awaiting below; meanwhile it must not count as unhandled.
      opened.catch(() => undefined);
      send({
        type: "described",
        facts: await describeModel(message.modelPath),
        device: await describeDevice(await opened),
      });
      break;
    case "load": {
      opened ??= openLlama(message.settings.gpu, message.settings.threads);
      const loaded = await loadModel(await opened, message.settings);
      host = new Host(loaded, message.settings);
      send({
        type: "loaded",
        facts: {
          device: loaded.llama.gpu === false ? "cpu" : loaded.llama.gpu,
          gpuLayers: loaded.model.gpuLayers,
          chatTemplate: host.chatTemplate,
        },
      });
      break;
    }
    case "generate":
      await host!.generate(message.request);
      break;
    case "abort":
      host!.abort(message.id);
      break;
    case "count":
      send({ type: "counted", id: message.id, counts: host!.count(message.texts) });
      break;
    case "count-messages":
      send({ type: "counted", id: message.id, counts: [host!.countMessages(message.messages)] });
      break;
  }
}

function report(message: ToWorker, error: unknown): void {
  if (error instanceof StartFailure) send({ type: "start-failed", failure: error.failure });
  else if (message.type === "generate") fail(message.request.id, { kind: "transient", message: messageOf(error) });
  else if ("id" in message) fail(message.id, { kind: "transient", message: messageOf(error) });
  else send({ type: "start-failed", failure: { kind: "start", message: messageOf(error) } });
}

process.on("message", (message: ToWorker) => {
  handle(message).catch((error: unknown) => report(message, error));
});
// The parent is gone, however it went: nothing must be left behind.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on("SIGINT", () => undefined);
