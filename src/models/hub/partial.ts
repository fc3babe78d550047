/** The folder of a model that is being fetched, and what an earlier try left in it. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RepoFile } from "./repo.js";

/** Says of which versions the files are. */
const stateName = ".quern-pull.json";

/** Makes the folder, or takes from the one of an earlier try what belongs to other versions of the files. */
export async function preparePartial(partial: string, commit: string, files: readonly RepoFile[]): Promise<void> {
  await mkdir(partial, { recursive: true });
  const state = path.join(partial, stateName);
  const wanted = Object.fromEntries(files.map((file) => [file.path, file.sha256 ?? file.gitSha1 ?? commit]));
  const before = await readFile(state, "utf8")
    .then((text) => JSON.parse(text) as Record<string, unknown>)
    .catch((): Record<string, unknown> => ({}));
  for (const [inner, id] of Object.entries(wanted))
    if (before[inner] !== id) await rm(path.join(partial, inner), { recursive: true, force: true });
  for (const inner of Object.keys(before)) if (!(inner in wanted)) await removeInside(partial, inner);
  await writeFile(state, JSON.stringify(wanted));
}

/** The state file may have been changed by anybody: nothing outside of the folder is touched. */
async function removeInside(folder: string, inner: string): Promise<void> {
  const file = path.resolve(folder, inner);
  if (file.startsWith(folder + path.sep)) await rm(file, { force: true });
}

/** Bytes of the files that are there. */
export async function bytesIn(partial: string, files: readonly RepoFile[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async (file) => {
      const size = (await stat(path.join(partial, file.path)).catch(() => undefined))?.size ?? 0;
      return size <= file.size ? size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Takes the note away that tells what the files are of: the manifest says it from now on. */
export async function forgetState(partial: string): Promise<void> {
  await rm(path.join(partial, stateName), { force: true });
}
