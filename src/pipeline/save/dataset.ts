/** A dataset that is being written, record by record: its data, and what describes it. */
import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { asideName, ensureOutputFolder, FileWriter, guarded, replaceFolder } from "../files/write.js";
import type { StoredRecord } from "../records/read.js";
import { datasetCard } from "./card/card.js";
import { DatasetFacts } from "./card/facts.js";
import { qualityOf } from "./card/quality.js";
import { writeBeside } from "./describe.js";
import { encodeRecord } from "./format.js";
import { type DatasetOptions, isFolderOutput } from "./options.js";
import type { SplitPlan } from "./splits.js";
import type { RecordSink } from "./storage.js";
import type { TrainerInput } from "./trainers.js";

const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

export interface DatasetSource {
  /** The files that the records come from; reports beside them tell how good they are. */
  inputs?: readonly string[];
  /** Which record goes into which split. */
  plan?: SplitPlan | undefined;
}

/** What became of a dataset. */
export interface DatasetSummary {
  records: number;
  /** Records by split; empty where the dataset is in one piece. */
  splits: ReadonlyMap<string, number>;
  /** What the user should know. */
  notes: readonly string[];
}

/** The split of a dataset that has none: what trainers and libraries call it. */
const onlySplit = "train";

/** A folder beside the data files that Hugging Face's library does not look into. */
const provenanceFolder = "__provenance__";

interface Part {
  sink: RecordSink;
  provenance: FileWriter | undefined;
}

export class DatasetWriter {
  private readonly parts = new Map<string, Part>();
  private readonly facts: DatasetFacts;
  private hasSystem = false;
  private hasTools = false;

  private constructor(
    readonly output: string,
    private readonly options: DatasetOptions,
    private readonly source: DatasetSource,
    /** Where it is written: the output itself, or for a folder another beside it. */
    private readonly place: string,
    private readonly aside: string | undefined,
  ) {
    this.facts = new DatasetFacts(
      source.plan?.splits.map(({ name }) => name) ?? [onlySplit],
      options.card ?? isFolderOutput(options),
    );
  }

  /** @throws {OutputError} when it cannot be written */
  static async open(output: string, options: DatasetOptions, source: DatasetSource = {}): Promise<DatasetWriter> {
    await ensureOutputFolder(path.dirname(output));
    // A folder is made complete, with all that describes it, before it gets its name.
    const aside = isFolderOutput(options) ? asideName(output) : undefined;
    const place = aside === undefined ? output : path.join(aside, path.basename(output));
    const writer = new DatasetWriter(output, options, source, place, aside);
    try {
      if (aside !== undefined)
        await guarded(output, () => mkdir(source.plan === undefined ? aside : place, { recursive: true }));
      for (const split of writer.facts.splits.keys()) await writer.openPart(split);
      return writer;
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  private async openPart(split: string): Promise<void> {
    const { format, storage, pretty, encoding } = this.options;
    const isSplit = this.source.plan !== undefined;
    const file = isSplit ? path.join(this.place, storage.splitName(split, format)) : this.place;
    const sink = await storage.open(file, format, { pretty, shownAs: this.output });
    const part: Part = { sink, provenance: undefined };
    this.parts.set(split, part);
    if (format.keepsMetadata || !encoding.metadata) return;
    const provenance = isSplit
      ? path.join(this.place, provenanceFolder, `${split}.jsonl`)
      : provenancePath(this.output);
    part.provenance = await FileWriter.open(provenance, this.output);
  }

  /** @returns why the record was left out: the format's rules refuse it; undefined where it was written */
  async write(record: StoredRecord): Promise<string | undefined> {
    const { format, encoding } = this.options;
    const made = encodeRecord(format, record, encoding);
    if ("problem" in made) return made.problem;
    const { encoded } = made;
    const split = this.source.plan?.splitOf(record) ?? onlySplit;
    const { sink, provenance } = this.parts.get(split)!;
    await sink.write(encoded);
    await provenance?.write(`${JSON.stringify(record.raw["provenance"] ?? null)}\n`);
    await this.facts.add(record, split);
    this.hasSystem ||= "system" in encoded;
    this.hasTools ||= "tools" in encoded;
    return undefined;
  }

  /** Puts everything in its place. */
  async commit(): Promise<DatasetSummary> {
    const { storage } = this.options;
    const { plan } = this.source;
    for (const { sink, provenance } of this.parts.values()) {
      await sink.commit();
      await provenance?.commit();
    }
    const splits = plan === undefined ? new Map<string, number>() : this.facts.splits;
    if (plan !== undefined) await storage.describeSplits?.(this.place, [...splits.keys()]);
    const notes = await this.describe();
    if (this.aside !== undefined) {
      await replaceFolder(this.place, this.output);
      await rm(this.aside, { recursive: true, force: true });
    }
    return { records: this.facts.records, splits, notes };
  }

  /** Leaves what stood there before. */
  async discard(): Promise<void> {
    for (const { sink, provenance } of this.parts.values()) {
      await sink.discard();
      await provenance?.discard();
    }
    if (this.aside !== undefined) await rm(this.aside, { recursive: true, force: true });
  }

  /** The card, and the files for trainers. */
  private async describe(): Promise<string[]> {
    const { options, source, facts } = this;
    const { storage, format } = options;
    const isFolder = this.aside !== undefined;
    const name = path.basename(this.output, isFolder ? "" : path.extname(this.output));
    const files = new Map(
      [...facts.splits.keys()].map((split) => [
        split,
        source.plan !== undefined
          ? storage.dataFile(storage.splitName(split, format))
          : isFolder
            ? storage.dataFile("")
            : path.basename(this.output),
      ]),
    );
    const trainer: TrainerInput = {
      name,
      format,
      storage,
      files,
      hasForeignShape: format.shape === "pairs" && facts.conversations > 0,
      hasSystem: this.hasSystem,
      hasTools: this.hasTools,
    };
    const card = async (trainerFiles: readonly string[]) =>
      datasetCard({
        name,
        format,
        storage,
        encoding: options.encoding,
        license: options.license,
        facts,
        quality: await qualityOf(source.inputs ?? []),
        files,
        division: source.plan === undefined ? undefined : { groups: source.plan.groups, seed: options.seed },
        trainerFiles,
        version: manifest.version,
      });
    return writeBeside({ options, trainer, card, place: this.place, output: this.output, isFolder });
  }
}

/** Line n says where record n of the output came from. */
export function provenancePath(output: string): string {
  return path.join(path.dirname(output), `${path.basename(output, path.extname(output))}.provenance.jsonl`);
}
