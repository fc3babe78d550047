/** quern as a library. */
export {
  AbortedError,
  type Backend,
  type BackendLimits,
  BackendLostError,
  BackendStartError,
  type ChatMessage,
  ContextOverflowError,
  type GenerateOptions,
  type GenerateRequest,
  type GenerateResult,
  type JsonSchema,
  type MessageImage,
  OutOfMemoryError,
  RequestRefusedError,
  TransientError,
} from "./backends/backend.js";
export { LlamaCppBackend, type LlamaCppOptions } from "./backends/llama-cpp/backend.js";
export { schemaToGbnf } from "./backends/llama-cpp/gbnf/index.js";
export { openBackend } from "./backends/open.js";
export { planRequest } from "./backends/plan-request.js";
export { loadConfig } from "./config/load.js";
export type { Config } from "./config/schema.js";
export { ConfigError, ExitCode, InputError, OutputError, QuernError, UsageError } from "./errors.js";
export type { GpuFacts, MachineFacts } from "./hw/facts.js";
export { autoRequest, type JobFacts, plan, type Plan, type PlanRequest } from "./hw/plan/index.js";
export { probeForRun, probeMachine } from "./hw/probe.js";
export { readModelFacts } from "./models/describe.js";
export type { ModelFacts } from "./models/facts.js";
export { findModel } from "./models/find.js";
export { createTypeNamed, createTypes } from "./pipeline/create/index.js";
export type { CreateType } from "./pipeline/create/type.js";
export type { Chunk, Document, ParsedDocument, Section } from "./pipeline/document.js";
export {
  Engine,
  type EngineOptions,
  type EngineStats,
  type Outcome,
  type Task,
  UnusableAnswer,
} from "./pipeline/engine/engine.js";
export { type Answers, Journal, MemoryAnswers } from "./pipeline/engine/journal.js";
export { chunkDocument, type ChunkSettings } from "./pipeline/ingest/chunker.js";
export { discover } from "./pipeline/ingest/discover.js";
export { parsers, supportedExtensions } from "./pipeline/ingest/formats.js";
export { readDocument, readDocuments } from "./pipeline/ingest/lance-read.js";
export { DocumentWriter, writeDocument } from "./pipeline/ingest/lance-write.js";
export {
  type Loaded,
  loadDocument,
  loadDocuments,
  parseDocument,
  Reader,
  type ReaderOptions,
} from "./pipeline/ingest/read.js";
export * from "./pipeline/projects/index.js";
export { checkFolder, type CheckReport, type Problem } from "./pipeline/projects/check.js";
export type { PairFields, Provenance, Turn } from "./pipeline/records/record.js";
export { boundSchema } from "./pipeline/schema/bounds.js";
export { embedSchema } from "./pipeline/schema/embed.js";
export { checkTaskSchema, parseTaskSchema, type TaskSchema } from "./pipeline/schema/task-schema.js";
export { saveFormatNamed, saveFormats } from "./pipeline/save/formats/index.js";
export { readRecords, type StoredRecord } from "./pipeline/records/read.js";
export { openRecords, type ReadOptions, type ReadRecord, type RecordFile } from "./pipeline/records/read.js";
export { type DatasetOptions, datasetOptions } from "./pipeline/save/options.js";
export { saveStorageNamed, saveStorages } from "./pipeline/save/storages/index.js";
export { create, type CreateOptions } from "./pipeline/stages/create.js";
export { curate, type CurateOptions } from "./pipeline/stages/curate.js";
export { importFiles, type ImportOptions } from "./pipeline/stages/import.js";
export { ingest, type IngestOptions } from "./pipeline/stages/ingest.js";
export { run, type RunOptions } from "./pipeline/stages/run.js";
export { save, type SaveOptions } from "./pipeline/stages/save.js";
export { exitCodeOf, type Observer, silentObserver, type StageResult } from "./pipeline/stages/stage.js";
export {
  generate,
  generateInputs,
  generateOutputs,
  generateTopics,
  type GenerateWish,
  saveSamples,
} from "./pipeline/synthesis/generate.js";
export { changeSettings, newSettings, type SettingsWish } from "./pipeline/synthesis/new-settings.js";
export { type Sample, Session, sessionIds } from "./pipeline/synthesis/session.js";
export { listTemplates, resolveTemplate } from "./pipeline/synthesis/templates.js";
export { createServer, type ServerOptions, type StudioServer } from "./studio/server.js";
