/** What is read of a sample: its texts, divided into lines of the screen. */
import type { KilnDataSource, KilnRun } from "../../../pipeline/projects/index.js";
import { factsOf, prettyJson } from "../../../pipeline/review/index.js";
import { visible, visibleLines } from "../../../pipeline/text/visible.js";
import type { Draft, ReviewState, Shown } from "./state.js";
import { type Line, span, type Tone } from "./spans.js";
import { wrap } from "./width.js";

/** Of longer texts the beginning is shown; they are whole in the editor. */
const mostShownCharacters = 1_000_000;

interface Section {
  title: string;
  text: string;
  tone?: Tone;
}

const known = new WeakMap<object, { key: string; lines: Line[] }>();

/** @returns the lines of the sample on the screen; the same list as long as nothing of it changes */
export function bodyLines(state: ReviewState): readonly Line[] {
  const { shown, columns, details, mode } = state;
  if (mode.name === "repair")
    return remembered(mode.draft, String(columns), () => linesOf(draftSections(state, mode.draft), columns));
  if (shown === undefined) return [[], [span("There is no sample here any more.", "dim")]];
  return remembered(shown, `${columns} ${details}`, () => linesOf(sectionsOf(shown, details), columns));
}

function remembered(of: object, key: string, make: () => Line[]): readonly Line[] {
  const found = known.get(of);
  if (found?.key === key) return found.lines;
  const lines = make();
  known.set(of, { key, lines });
  return lines;
}

function linesOf(sections: readonly Section[], columns: number): Line[] {
  return sections.flatMap(({ title, text, tone }, i) => {
    const cut = text.length > mostShownCharacters;
    const lines = visibleLines(cut ? text.slice(0, mostShownCharacters) : text).flatMap((line) => wrap(line, columns));
    return [
      ...(i === 0 ? [] : [[]]),
      ...wrap(visible(title), columns).map((line) => [span(line, "head")]),
      ...lines.map((line): Line => (line === "" ? [] : [span(line, tone)])),
      ...(cut ? [[span(`… ${text.length - mostShownCharacters} characters more; e opens all of it`, "dim")]] : []),
    ];
  });
}

function sectionsOf({ run, feedback }: Shown, details: boolean): Section[] {
  const { verdict, verdictReason } = factsOf(run);
  const { repaired_output: repaired, repair_instructions: instructions, intermediate_outputs: between } = run;
  return [
    { title: "INPUT", text: prettyJson(run.input) },
    { title: repaired === null ? "OUTPUT" : "OUTPUT BEFORE IT WAS REPAIRED", text: prettyJson(run.output.output) },
    ...(repaired === null
      ? []
      : [
          { title: "WHAT HAD TO CHANGE", text: instructions ?? "" },
          { title: "REPAIRED OUTPUT", text: prettyJson(repaired.output) },
        ]),
    ...(verdictReason === "" ? [] : [{ title: `WHY THE JUDGE SAID ${verdict.toUpperCase()}`, text: verdictReason }]),
    ...feedback.map((text) => ({ title: "COMMENT", text })),
    ...(details ? detailSections(run, between) : []),
  ];
}

function detailSections(run: KilnRun, between: Readonly<Record<string, string>> | null): Section[] {
  return [
    ...Object.entries(between ?? {}).map(([name, text]) => ({
      title: name.replaceAll("_", " ").toUpperCase(),
      text,
    })),
    { title: "WHERE THE INPUT CAME FROM", text: sourceText(run.input_source) },
    { title: "WHERE THE OUTPUT CAME FROM", text: sourceText(run.output.source) },
    ...(run.repaired_output === null
      ? []
      : [{ title: "WHERE THE REPAIR CAME FROM", text: sourceText(run.repaired_output.source) }]),
    { title: "SAMPLE", text: `id: ${run.id}\ncreated: ${run.created_at} by ${run.created_by}` },
  ].map((section) => ({ ...section, tone: "dim" as const }));
}

function sourceText(source: KilnDataSource | null): string {
  if (source === null) return "not recorded";
  return [source.type, ...Object.entries(source.properties).map(([name, value]) => `${name}: ${value}`)].join("\n");
}

function draftSections({ shown }: ReviewState, { instructions, output, source }: Draft): Section[] {
  return [
    { title: "WHAT HAS TO CHANGE", text: instructions },
    output === undefined
      ? { title: "REPAIRED OUTPUT", text: "none yet", tone: "dim" as const }
      : {
          title: `REPAIRED OUTPUT by ${source?.properties["model_name"] ?? "you"}, not kept yet`,
          text: prettyJson(output),
          tone: "good" as const,
        },
    ...(shown === undefined
      ? []
      : [
          { title: "OUTPUT AS IT IS", text: prettyJson(shown.run.output.output), tone: "dim" as const },
          { title: "INPUT", text: prettyJson(shown.run.input), tone: "dim" as const },
        ]),
  ];
}
