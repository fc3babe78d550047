/** The dataset card: a README.md as Hugging Face has it, with facts for machines first and the same for people below. */
import { stringify } from "yaml";
import { languageName } from "../../text/language.js";
import type { EncodeOptions, SaveFormat } from "../format.js";
import type { SaveStorage } from "../storage.js";
import type { DatasetFacts } from "./facts.js";
import type { CheckSums, Quality } from "./quality.js";

export interface CardInput {
  /** The dataset's name. */
  name: string;
  format: SaveFormat;
  storage: SaveStorage;
  encoding: EncodeOptions;
  /** An identifier of Hugging Face's list. */
  license: string;
  facts: DatasetFacts;
  quality: Quality;
  /** The files of each split, as a pattern relative to the card. */
  files: ReadonlyMap<string, string>;
  /** How the records were divided; undefined where there is one split. */
  division?: { groups: number; seed: number } | undefined;
  /** Names of files for trainers that lie beside the card. */
  trainerFiles: readonly string[];
  /** quern's version. */
  version: string;
}

/** The line by which a folder is known as a dataset that quern wrote, which it may replace. */
export const cardMark = "<!-- a dataset written by quern save-as -->";

/** Documents and prompts that are listed one by one. */
const mostListed = 50;

export function datasetCard(input: CardInput): string {
  const sections = [
    `# ${input.name}`,
    cardMark,
    summaryOf(input),
    splitsOf(input),
    `## Where it comes from\n\n${provenanceOf(input)}`,
    `## How it was made\n\n${makingOf(input)}`,
    `## Measured quality\n\n${qualityText(input)}`,
    `## Personal data\n\n${personalData(input.quality)}`,
    `## Limitations\n\n${limitationsOf(input)}`,
    `## License\n\n${licenseText(input.license)}`,
  ];
  return `---\n${stringify(frontMatter(input), { lineWidth: 0 })}---\n\n${sections.join("\n\n")}\n`;
}

/** Bounds of Hugging Face's size categories. */
const sizes = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "n>1T"] as const;

export function sizeCategory(records: number): string {
  if (records < 1_000) return sizes[0];
  return sizes[Math.min(6, Math.floor(Math.log10(records) + 1e-9) - 2)]!;
}

function frontMatter({ name, license, facts, storage, files }: CardInput): Record<string, unknown> {
  const languages = facts.languages();
  const conversational = facts.conversations > 0;
  const pairs = facts.conversations < facts.records;
  return {
    license,
    ...(languages.length > 0 ? { language: languages } : {}),
    pretty_name: name,
    task_categories: [...(pairs ? ["question-answering"] : []), "text-generation"],
    size_categories: [sizeCategory(facts.records)],
    tags: [
      "synthetic",
      "quern",
      ...(conversational ? ["conversational"] : []),
      ...(facts.withReasoning > 0 ? ["reasoning"] : []),
    ],
    ...(storage.dataType === undefined
      ? {}
      : {
          configs: [{ config_name: "default", data_files: [...files].map(([split, path]) => ({ split, path })) }],
        }),
  };
}

function summaryOf({ facts, format }: CardInput): string {
  const languages = facts.languages().map((code) => languageName(code));
  const what =
    facts.conversations === facts.records
      ? "conversations"
      : facts.conversations === 0
        ? "question and answer pairs"
        : "pairs and conversations";
  return `${number(facts.records)} synthetic ${what}${languages.length > 0 ? ` in ${listed(languages)}` : ""}, in the format \`${format.name}\`: ${format.description}.`;
}

function splitsOf({ facts, files, division }: CardInput): string {
  const rows = [...facts.splits].map(
    ([split, count]) =>
      `| ${split} | \`${files.get(split) ?? ""}\` | ${number(count)} | ${percent(count / Math.max(1, facts.records))} |`,
  );
  const how =
    division === undefined
      ? ""
      : `\n\nRecords of one document are never in two splits: ${number(division.groups)} groups were divided, the largest first, by a hash with the seed ${division.seed}. Records that do not name a document were grouped by equal questions.`;
  return `| split | files | records | share |\n| --- | --- | --- | --- |\n${rows.join("\n")}${how}`;
}

function provenanceOf({ facts }: CardInput): string {
  const documents = [...facts.documents.values()];
  if (documents.length === 0) return "The records do not say which documents they were made from.";
  const rows = documents
    .slice(0, mostListed)
    .map(
      ({ document, hash, records }) =>
        `| ${cell(document)} | ${hash === "" ? "" : `\`${hash}\``} | ${number(records)} |`,
    );
  const more = documents.length - rows.length;
  return [
    `| document | SHA-256 | records |\n| --- | --- | --- |\n${rows.join("\n")}`,
    ...(more > 0
      ? [
          `And ${number(more)} more${facts.recordsOfOthers > 0 ? `, and ${number(facts.recordsOfOthers)} records of others that are not listed` : ""}.`,
        ]
      : []),
    ...(facts.withoutProvenance > 0
      ? [`${number(facts.withoutProvenance)} records do not say which document they were made from.`]
      : []),
  ].join("\n\n");
}

function makingOf({ facts, quality, encoding, format, storage, trainerFiles, version }: CardInput): string {
  const system = !format.hasSystem
    ? ""
    : encoding.system === "auto"
      ? "the format's own"
      : encoding.system === ""
        ? "none"
        : JSON.stringify(encoding.system);
  const lines = [
    `Written with quern ${version}.`,
    `Model that wrote the records: ${counted(facts.models) ?? "not recorded"}.`,
    `Prompts, each with the hash of its text: ${counted(facts.prompts) ?? "not recorded"}.`,
    ...(quality.settings.size > 0 ? [`Settings: ${[...quality.settings].sort().slice(0, 20).join("; ")}.`] : []),
    ...(quality.judges.size > 0 ? [`Model that rated them: ${[...quality.judges].sort().join(", ")}.`] : []),
    `Saved with \`--format ${format.name} --storage ${storage.name}\`${facts.withReasoning > 0 ? `; reasoning: ${encoding.reasoning}` : ""}${system === "" ? "" : `; system text: ${system}`}.`,
    ...(trainerFiles.length > 0 ? [`For trainers: ${trainerFiles.map((name) => `\`${name}\``).join(", ")}.`] : []),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

function qualityText({ quality, facts }: CardInput): string {
  const parts: string[] = [];
  if (quality.curated === 0) parts.push("Not measured: there is no report of a curation beside the input.");
  else {
    parts.push(
      `Of ${number(quality.total)} records ${number(quality.kept)} were kept (${percent(quality.kept / Math.max(1, quality.total))}).`,
    );
    if (quality.rated > 0)
      parts.push(
        `A model rated ${number(quality.rated)} of them from 1 to 10; the average is ${(quality.ratingSum / quality.rated).toFixed(1)}${quality.thresholds.size > 0 ? `, and those from ${[...quality.thresholds].sort((a, b) => a - b).join(" or ")} on were kept` : ""}.`,
      );
  }
  if (facts.ratings.count > 0)
    parts.push(
      `The average rating of the ${number(facts.ratings.count)} rated records in this dataset is ${(facts.ratings.sum / facts.ratings.count).toFixed(2)}.`,
    );
  if (facts.reviewed > 0)
    parts.push(`${number(facts.reviewed)} of the records in this dataset were rated in the folder of their task.`);
  const rows = [...quality.checks].map(
    ([name, { description, actions, seen, flagged, dropped, scores }]) =>
      `| ${name.replaceAll("_", " ")} | ${cell(description)} | ${[...actions].sort().join(", ")} | ${number(seen)} | ${number(flagged)} | ${number(dropped)} | ${scores.count > 0 ? (scores.sum / scores.count).toFixed(2) : ""} |`,
  );
  if (rows.length > 0)
    parts.push(
      `| check | what | action | looked at | flagged | dropped | mean score |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}`,
    );
  return parts.join("\n\n");
}

function personalData({ checks, curated }: Quality): string {
  const check: CheckSums | undefined = checks.get("personal_data");
  if (check === undefined || check.seen === 0)
    return `Not looked for${curated > 0 ? ": the check was off" : ""}. Treat the records as if they held personal data until somebody has looked.`;
  const found = check.flagged + check.dropped + check.changed;
  return `${number(check.seen)} records were looked at for personal data (action: ${[...check.actions].sort().join(", ")}): ${
    found === 0
      ? "none was found"
      : `${number(check.flagged)} were flagged and are still among them, ${number(check.dropped)} were dropped, ${number(check.changed)} were masked`
  }. The check knows patterns such as addresses and numbers of accounts; it does not know every name.`;
}

function limitationsOf({ facts, quality }: CardInput): string {
  const lines = [
    facts.models.size > 0
      ? "The records were written by a language model. They may be wrong, and they repeat what is wrong or one-sided in the documents."
      : "The records do not say which model wrote them. They may be wrong, and they repeat what is wrong or one-sided in what they were made from.",
    "They say what the documents say, no more, and are not a sample of what people ask.",
    ...(quality.rated > 0 || facts.ratings.count > 0
      ? ["The ratings are a model's. Look at a sample before you rely on them."]
      : facts.reviewed === 0
        ? ["Nobody, no person and no model, rated them."]
        : facts.reviewed < facts.records
          ? [`${number(facts.records - facts.reviewed)} of them were rated by nobody.`]
          : []),
    ...(facts.languages().length === 0 ? ["Their language could not be told."] : []),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

function licenseText(license: string): string {
  if (license === "unknown")
    return "Nobody has said. It depends on the licenses of the documents and on the terms of the model; give it with `--license` when it is known.";
  if (license === "other")
    return "Given as `other`: put its text into a file `LICENSE` beside this one, and its name into `license_name` above.";
  return `\`${license}\`, as given by whoever saved the dataset. Whether the documents and the model's terms allow it was not checked.`;
}

function counted(counts: ReadonlyMap<string, number>): string | undefined {
  if (counts.size === 0) return undefined;
  const names = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `\`${name}\` (${number(count)} records)`);
  return names.length > mostListed
    ? `${names.slice(0, mostListed).join(", ")} and ${names.length - mostListed} more`
    : names.join(", ");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)!}`;
}

/** What can stand in a table's cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ").replaceAll("<", "&lt;");
}
