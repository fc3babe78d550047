/** The child process that hosts an embedding model. It speaks `embed-protocol.ts` and ends when its parent does. */
import os from "node:os";
import type { LlamaEmbeddingContext, LlamaModel } from "node-llama-cpp";
import { messageOf } from "../../../errors.js";
import type { FromEmbedWorker, ToEmbedWorker } from "../embed-protocol.js";
import { openLlama, StartFailure } from "./load.js";

/** Tokens of a text that are read: embedding models are trained for 512 to a few thousand. */
const mostTokens = 2048;
/** For the tokens that a model wants before and after a text, and the one the library keeps. */
const margin = 4;

let model: LlamaModel | undefined;
let context: LlamaEmbeddingContext | undefined;
let contextTokens = 0;

async function load({ modelPath, gpu }: Extract<ToEmbedWorker, { type: "load" }>): Promise<void> {
  const llama = await openLlama(gpu, os.availableParallelism());
  try {
    model = await llama.loadModel({ modelPath });
    contextTokens = Math.min(model.trainContextSize, mostTokens);
    // All tokens of a text have to be in one batch, as a model that reads in both directions sees it whole.
    context = await model.createEmbeddingContext({ contextSize: contextTokens, batchSize: contextTokens });
  } catch (error) {
    throw new StartFailure({
      kind: "start",
      message: `the embedding model ${modelPath} cannot be used: ${messageOf(error)}`,
      remedy: "check that curate.embedding.model is a complete GGUF file of a model that llama.cpp knows",
    });
  }
  const { vector } = await context.getEmbeddingFor("quern");
  send({ type: "loaded", dimensions: vector.length, contextTokens });
}

async function embed({ id, texts }: Extract<ToEmbedWorker, { type: "embed" }>): Promise<void> {
  const numbers: number[] = [];
  let dimensions = 0;
  let cut = 0;
  const empty: number[] = [];
  for (const [at, text] of texts.entries()) {
    const tokens = model!.tokenize(text);
    const room = contextTokens - margin;
    if (tokens.length > room) cut++;
    const { vector } = await context!.getEmbeddingFor(tokens.slice(0, room));
    if (vector.length === 0) empty.push(at);
    dimensions = Math.max(dimensions, vector.length);
    numbers.push(...vector);
  }
  // A text without tokens has no vector; zeros stand for it.
  for (const at of empty) numbers.splice(at * dimensions, 0, ...new Array<number>(dimensions).fill(0));
  const vectors = Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
  send({ type: "embedded", id, vectors, cut });
}

function send(message: FromEmbedWorker): void {
  process.send!(message);
}

/** One after the other: the context has one sequence. */
let last: Promise<void> = Promise.resolve();

process.on("message", (message: ToEmbedWorker) => {
  last = last.then(() =>
    (message.type === "load" ? load(message) : embed(message)).catch((error: unknown) => {
      if (message.type === "embed") send({ type: "failed", id: message.id, message: messageOf(error) });
      else {
        const failure =
          error instanceof StartFailure ? error.failure : { kind: "start" as const, message: messageOf(error) };
        send({ type: "start-failed", failure });
      }
    }),
  );
});
// The parent is gone, however it went: nothing must be left behind.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on("SIGINT", () => undefined);
