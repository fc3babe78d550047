import { stat } from "node:fs/promises";
import { catalogue, catalogueDate, type CatalogueEntry } from "../../../models/catalogue.js";
import { embeddedModelPath, isOfEntry } from "../../../models/find.js";
import { memoryClassOf, sizeText } from "../../../models/sizes.js";
import { listModels, type StoredModel, storeFolder } from "../../../models/store.js";
import { listUnfinished, type Unfinished } from "../../../models/unfinished.js";
import type { ListFlags } from "../../models.js";
import { runModels, table } from "./work.js";

export async function listAction(flags: ListFlags): Promise<void> {
  await runModels("models list", flags, async ({ reporter }) => {
    const store = storeFolder();
    const { models, problems } = await listModels(store);
    for (const problem of problems) reporter.warn(`warning: left out: ${problem}`);
    if (flags.catalogue === true) return listCatalogue(models);
    return await listStored({ store, models, problems, unfinished: await listUnfinished(store) });
  });
}

interface Store {
  store: string;
  models: readonly StoredModel[];
  problems: readonly string[];
  unfinished: readonly Unfinished[];
}

async function listStored({ store, models, problems, unfinished }: Store) {
  const embedded = await stat(embeddedModelPath).catch(() => undefined);
  const rows = [
    ...(embedded === undefined ? [] : [embeddedRow(embedded.size)]),
    ...models.map((model) => ({
      name: model.name,
      format: model.format,
      quantization: model.quantization,
      bytes: model.weightBytes,
      memory_gib: memoryClassOf(model.weightBytes) ?? null,
      licence: model.manifest?.licence ?? null,
      verified: model.damage.length > 0 ? null : (model.manifest?.verified ?? null),
      problem: model.damage.length > 0 ? model.damage.join(", ") : null,
      source: model.manifest?.source ?? null,
      path: model.path,
    })),
  ];
  const lines = table([
    ["NAME", "FORMAT", "STORED AS", "SIZE", "MEMORY", "LICENCE", "CHECKED"],
    ...rows.map((row) => [
      row.name,
      row.format,
      row.quantization ?? "-",
      sizeText(row.bytes),
      memoryText(row.memory_gib),
      row.licence ?? "-",
      row.problem !== null
        ? `damaged: ${row.problem}`
        : row.verified !== null
          ? row.verified.slice(0, 10)
          : row.source === null
            ? "not from a pull: no hashes"
            : "comes with quern",
    ]),
  ]);
  return {
    json: { store, models: rows, problems, unfinished },
    lines: [
      ...lines,
      "",
      ...unfinished.map(({ name, bytes }) => `unfinished: ${name}, ${sizeText(bytes)} so far; pull it again to go on`),
      `in ${store}${models.length === 0 ? ", which has no models yet" : ""}`,
    ],
  };
}

function embeddedRow(bytes: number) {
  return {
    name: "embedded",
    format: "gguf",
    quantization: "Q8_0",
    bytes,
    memory_gib: memoryClassOf(bytes) ?? null,
    licence: "cc-by-sa-4.0",
    verified: null,
    problem: null,
    source: "comes with quern",
    path: embeddedModelPath,
  };
}

function listCatalogue(models: readonly StoredModel[]) {
  const rows = catalogue().map((entry) => ({ entry, stored: models.filter((model) => isOfEntry(model, entry)) }));
  const lines = table([
    ["ID", "MODEL", "MEMORY", "GGUF", "PARAMETERS", "CONTEXT", "LICENCE", "FOR", "HERE"],
    ...rows.map(({ entry, stored }) => [
      entry.id,
      entry.name,
      memoryText(entry.memory),
      sizeText(entry.gguf.bytes),
      parametersText(entry),
      String(entry.context),
      entry.licence,
      entry.roles.join(", "),
      stored.map((model) => model.format).join(", ") || "-",
    ]),
  ]);
  return {
    json: {
      checked: catalogueDate(),
      models: rows.map(({ entry, stored }) => ({ ...entry, stored: stored.map((model) => model.name) })),
    },
    lines: [
      ...lines,
      "",
      `MEMORY: what the GGUF file is for. Facts as of ${catalogueDate()}; read the licence before you use a model's answers.`,
    ],
  };
}

function memoryText(gib: number | null): string {
  return gib === null ? "more" : `${gib} GiB`;
}

function parametersText({ parameters: { total, active } }: CatalogueEntry): string {
  const billions = (value: number) => `${(value / 1e9).toFixed(1)}B`;
  return active < total ? `${billions(total)}, ${billions(active)} active` : billions(total);
}
