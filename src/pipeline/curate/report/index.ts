/** The report of a curation, beside the curated file. */
import { reportPath } from "../../files/names.js";
import { writeFileAtomic } from "../../files/write.js";
import type { CurationReport } from "../report.js";

/**
 * Writes what is told of a curation.
 * @param output path of the curated file
 * @returns paths of what was written
 * @throws {OutputError}
 */
export async function writeReport(output: string, report: CurationReport): Promise<string[]> {
  const file = reportPath(output);
  await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`);
  return [file];
}
