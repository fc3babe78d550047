/** Names of outputs: the source's stem, made unique where two sources share one. */
import path from "node:path";

/** What the names of reports end with: they are about outputs and are not inputs of a next stage. */
export const reportEnding = ".report.json";

/** The report that stands beside an output: `x.json` has `x.report.json`. */
export function reportPath(output: string): string {
  return path.join(path.dirname(output), `${path.basename(output, path.extname(output))}${reportEnding}`);
}

/** The file name without its extension; a dataset folder's name without `.lance`. */
export function stemOf(file: string): string {
  const base = path.basename(file);
  return path.basename(base, path.extname(base)) || base;
}

/**
 * The path as it is recorded: relative to the working directory where it lies within, as given otherwise. Keeps the
 * names of a user's folders out of datasets.
 */
export function recordedPath(file: string): string {
  const relative = path.relative(process.cwd(), path.resolve(file));
  return relative === "" || relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}

/**
 * Hands out names so that no two sources get the same: `report`, then `report_html`, then `report_html-2`.
 */
export class NameGiver {
  private readonly owners = new Map<string, string>();

  /**
   * @param source tells one source from another
   * @param ownerOnDisk who wrote what stands under a name already, if anything does
   */
  constructor(private readonly ownerOnDisk: (name: string) => Promise<string | undefined>) {}

  async nameFor(stem: string, source: string): Promise<string> {
    const extension = path.extname(source).slice(1).toLowerCase();
    for (let n = 0; ; n++) {
      const name = n === 0 ? stem : `${stem}_${extension || "other"}${n === 1 ? "" : `-${n}`}`;
      // Names are compared as file systems that ignore case would.
      const key = name.toLowerCase();
      const owner = this.owners.get(key) ?? (await this.ownerOnDisk(name));
      if (owner !== undefined && owner !== source) continue;
      // Somebody else may have been given it while the disk was looked at.
      const meanwhile = this.owners.get(key);
      if (meanwhile !== undefined && meanwhile !== source) continue;
      this.owners.set(key, source);
      return name;
    }
  }
}
