import path from "node:path";
import { catalogue } from "../../../models/catalogue.js";
import { readModelFacts } from "../../../models/describe.js";
import { findModel, findStored, isOfEntry } from "../../../models/find.js";
import { countText, memoryClassOf, sizeText } from "../../../models/sizes.js";
import type { CommonOptions } from "../../options.js";
import { runModels, table } from "./work.js";

export async function showAction(name: string, flags: CommonOptions): Promise<void> {
  await runModels("models show", flags, async () => {
    const found = await findModel(name);
    const stored = await findStored(name).catch(() => undefined);
    const model = stored?.path === found ? stored : undefined;
    const facts = await readModelFacts(found);
    const manifest = model?.manifest;
    const entry = model === undefined ? undefined : catalogue().find((one) => isOfEntry(model, one));
    const memory = memoryClassOf(facts.weightBytes) ?? null;
    const cache = facts.cache.map((group) =>
      group.kind === "state"
        ? `${group.layers} layers keep ${sizeText(group.bytesPerSequence)} for each sequence`
        : `${group.layers} layers keep ${sizeText(group.bytesPerToken)} for each token` +
          (group.kind === "window" ? ` of the last ${group.window}` : ""),
    );
    const rows: [string, string][] = [
      ["name", facts.name],
      ["path", found],
      ["format", `${facts.format}, ${facts.architecture}, ${facts.quantization}`],
      ["weights", `${sizeText(facts.weightBytes)}, for ${memory === null ? "more than 640" : memory} GiB of memory`],
      ...(facts.parameters === undefined ? [] : [["parameters", countText(facts.parameters)] as [string, string]]),
      ["context", `${facts.trainContextTokens} tokens`],
      ["layers", `${facts.layers}, ${facts.attentionHeads} heads, ${facts.keyValueHeads} of keys and values`],
      ["experts", facts.mixtureOfExperts ? "yes: a part computes for each token" : "no"],
      ...cache.map((text, i): [string, string] => [i === 0 ? "cache" : "", text]),
      ...(manifest === undefined
        ? ([["source", name === "embedded" ? "comes with quern" : "not from a pull: no hashes"]] as [string, string][])
        : ([
            ["licence", manifest.licence ?? "the source names none"],
            ...(entry?.notes === undefined ? [] : [["", entry.notes.trim().replace(/\s+/g, " ")]]),
            ["source", manifest.source],
            ["revision", manifest.revision],
            ["pulled", manifest.pulled],
            ["verified", manifest.verified],
            ...manifest.files.map((file, i) => [
              i === 0 ? "files" : "",
              `${file.path}, ${sizeText(file.size)}, sha256 ${file.sha256}`,
            ]),
          ] as [string, string][])),
    ];
    return {
      json: {
        name: model?.name ?? path.basename(found),
        path: found,
        facts,
        memory_gib: memory,
        catalogue_id: entry?.id ?? null,
        manifest: manifest ?? null,
      },
      lines: table(rows),
    };
  });
}
