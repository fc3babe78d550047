/** What a repository of a hub holds. */
import { z } from "zod";
import { InputError, QuernError } from "../../errors.js";
import { isInnerPath } from "../manifest.js";
import type { HubAccess } from "./access.js";
import { type Asked, get, type Patience, PassingError, retrying } from "./request.js";

export interface RepoFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Of files in large file storage. */
  sha256?: string;
  /** Git's id, of all others. */
  gitSha1?: string;
}

export interface Repo {
  /** `owner/name`. */
  id: string;
  /** The commit, of which all files are. */
  commit: string;
  licence: string | null;
  /** Its licence must be accepted before the files are given. */
  gated: boolean;
  /** Sorted by path. */
  files: RepoFile[];
}

const infoSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  cardData: z
    .object({ license: z.union([z.string(), z.array(z.string())]).nullish(), license_name: z.string().nullish() })
    .nullish()
    .catch(null),
  tags: z.array(z.string()).nullish(),
});

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    oid: z.string(),
    size: z.int().min(0).default(0),
    lfs: z.object({ oid: z.string().regex(/^(sha256:)?[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
  }),
);

/**
 * Asks the hub for a repository at a revision.
 * @param onRetry is told why a request is made again, and in how many milliseconds
 * @throws {InputError} when there is none, it is not given, or the hub cannot be reached
 */
export async function readRepo(
  access: HubAccess,
  id: string,
  revision: string,
  patience: Patience,
  signal: AbortSignal,
  onRetry?: (reason: string, waitMs: number) => void,
): Promise<Repo> {
  const what = `the model ${id}${revision === "main" ? "" : ` at ${revision}`}`;
  const base = `${access.endpoint}/api/models/${id}`;
  const ask = (address: string) =>
    retrying(patience, signal, () => json(access, address, { what, repo: id }, patience, signal), onRetry);
  const info = parsed(infoSchema, (await ask(`${base}/revision/${encodeURIComponent(revision)}`)).value, what);
  const files: RepoFile[] = [];
  let query: string | undefined = "recursive=true&expand=false";
  while (query !== undefined) {
    const page = await ask(`${base}/tree/${info.sha}?${query}`);
    for (const entry of parsed(treeSchema, page.value, what)) {
      // What cannot be a file of the store is none that is chosen.
      if (entry.type !== "file" || !isInnerPath(entry.path)) continue;
      const { path, size, lfs, oid } = entry;
      if (lfs !== null && lfs !== undefined)
        files.push({ path, size: lfs.size, sha256: lfs.oid.replace("sha256:", "") });
      else files.push({ path, size, ...(/^[0-9a-f]{40}$/.test(oid) ? { gitSha1: oid } : {}) });
    }
    const next: string | undefined = page.next;
    query = next === query ? undefined : next;
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { id, commit: info.sha, licence: licenceIn(info), gated: isGated(info.gated), files };
}

async function json(
  access: HubAccess,
  address: string,
  asked: Asked,
  patience: Patience,
  signal: AbortSignal,
): Promise<{ value: unknown; next?: string }> {
  const limit = AbortSignal.timeout(patience.stallMs);
  try {
    const response = await get(access, address, asked, AbortSignal.any([signal, limit]));
    const text = await response.text();
    const next = nextPage(response.headers.get("link"));
    return { value: JSON.parse(text) as unknown, ...(next === undefined ? {} : { next }) };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted)
      throw new PassingError(`${new URL(address).host} says nothing for ${patience.stallMs / 1000} s`, {
        remedy: "check the network, then run the same command again",
        cause: error,
      });
    if (error instanceof SyntaxError)
      throw new InputError(`${new URL(address).host} answers with something else than JSON for ${asked.what}`, {
        remedy: "check HF_ENDPOINT: it must be the address of a hub",
        cause: error,
      });
    if (error instanceof QuernError) throw error;
    throw new PassingError(`the connection to ${new URL(address).host} broke`, {
      remedy: "check the network, then run the same command again",
      cause: error,
    });
  }
}

/**
 * The query of the next page. Only that is taken: a mirror gives addresses of the hub that it mirrors, and a token must
 * not go there.
 */
function nextPage(link: string | null): string | undefined {
  const address = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  return address === undefined ? undefined : /\?(.*)$/.exec(address)?.[1];
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InputError(
    `the hub tells of ${what} what cannot be understood (${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""})`,
    { remedy: "check HF_ENDPOINT: it must be the address of a hub", cause: result.error },
  );
}

function isGated(gated: boolean | string | null | undefined): boolean {
  return gated !== undefined && gated !== null && gated !== false && gated !== "false";
}

function licenceIn({ cardData, tags }: z.infer<typeof infoSchema>): string | null {
  const named = cardData?.license_name;
  const given = cardData?.license;
  const plain = Array.isArray(given) ? given.join(", ") : given;
  if (plain !== undefined && plain !== null && plain !== "") return plain === "other" ? (named ?? plain) : plain;
  const tag = tags?.find((one) => one.startsWith("license:"));
  return tag?.slice("license:".length) ?? null;
}
