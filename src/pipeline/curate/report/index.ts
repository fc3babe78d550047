/** The report of a curation, beside the curated file: as JSON for programs and as a page for people. */
import { reportPath } from "../../files/names.js";
import { writeFileAtomic } from "../../files/write.js";
import type { CurationReport } from "../report.js";
import type { Json } from "../check.js";
import { pageOf } from "./page.js";

/** `x.report.json` has `x.report.html` beside it. */
export function pagePath(output: string): string {
  return reportPath(output).replace(/\.json$/, ".html");
}

/**
 * Writes what is told of a curation.
 * @param output path of the curated file
 * @param report all of it; keys of servers in its settings are not written
 * @returns paths of what was written: the JSON file and the page
 * @throws {OutputError}
 */
export async function writeReport(output: string, report: CurationReport): Promise<string[]> {
  const shown = { ...report, settings: withoutKeys(report.settings) };
  const [file, page] = [reportPath(output), pagePath(output)];
  await writeFileAtomic(file, `${JSON.stringify(shown, null, 2)}\n`);
  await writeFileAtomic(page, pageOf(shown));
  return [file, page];
}

/** Settings without what is secret in them. */
function withoutKeys(settings: Json): Json {
  if (typeof settings !== "object" || settings === null) return settings;
  if (Array.isArray(settings)) return settings.map((one) => withoutKeys(one as Json));
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      key === "api_key" && value !== "" ? "(set)" : withoutKeys(value),
    ]),
  );
}
