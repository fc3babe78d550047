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

/** What an output was made from. */
export interface Owner {
  source: string;
  hash?: string | undefined;
}

/**
 * Hands out names so that no two sources get the same: `report`, then `report_html`, then `report_html-2`.
 */
export class NameGiver {
  private readonly owners = new Map<string, string>();

  /**
   * @param source tells one source from another
   * @param ownerOnDisk what stands under a name already was made from, if anything does
   */
  constructor(private readonly ownerOnDisk: (name: string) => Promise<Owner | undefined>) {}

  /** @param hash of the source's bytes */
  async nameFor(stem: string, source: string, hash?: string): Promise<string> {
    const extension = path.extname(source).slice(1).toLowerCase();
    for (let n = 0; ; n++) {
      const name = n === 0 ? stem : `${stem}_${extension || "other"}${n === 1 ? "" : `-${n}`}`;
      // Names are compared as file systems that ignore case would.
      const key = name.toLowerCase();
      // The same bytes are the same source, from wherever and however its path was written.
      const onDisk = this.owners.has(key) ? undefined : await this.ownerOnDisk(name);
      if (onDisk !== undefined && onDisk.source !== source && (!hash || onDisk.hash !== hash)) continue;
      // Each source of this run has its own; another may have been given it while the disk was looked at.
      const owner = this.owners.get(key);
      if (owner !== undefined && owner !== source) continue;
      this.owners.set(key, source);
      return name;
    }
  }
}
