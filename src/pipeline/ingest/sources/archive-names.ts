/** The endings of archives, lower case, with their dot; `.tar.gz` ends in `.gz`. */
export const archiveExtensions: readonly string[] = [".zip", ".tar", ".tgz", ".gz", ".tbz2", ".bz2"];

/** Whether a name, or an extension alone, is that of an archive. */
export function isArchive(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot !== -1 && archiveExtensions.includes(name.slice(dot).toLowerCase());
}
