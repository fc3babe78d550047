/** What a user names a model of a hub by: `hf:owner/name[:QUANT | /path/file.gguf][@revision]`. */
import { UsageError } from "../../errors.js";

export interface HubUri {
  /** `owner/name`. */
  repo: string;
  /** How the weights of a GGUF file are stored, in upper case. */
  quantization?: string;
  /** One file of the repository. */
  file?: string;
  /** A branch, a tag or a commit; the main branch where absent. */
  revision?: string;
}

const form = "hf:owner/name, hf:owner/name:Q4_K_M or hf:owner/name/file.gguf, with @revision or without";
const repoPart = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?";
const pattern = new RegExp(`^(${repoPart}/${repoPart})(?::([A-Za-z0-9_-]+)|/([^@:]+))?(?:@([A-Za-z0-9][\\w./-]*))?$`);

/** @throws {UsageError} when it is not of that form */
export function parseHubUri(text: string): HubUri {
  const wrong = (why: string) => new UsageError(`${text} names no model: ${why}`, { remedy: `write ${form}` });
  if (/^https?:\/\//.test(text)) throw wrong("addresses are not taken, repositories of a hub are");
  if (!text.startsWith("hf:")) throw wrong("it does not begin with hf: and is no id of the catalogue");
  const [, repo, quantization, file, revision] = pattern.exec(text.slice(3)) ?? [];
  if (repo === undefined || repo.includes("..") || repo.includes("--")) throw wrong("that is not how they are named");
  if (revision?.split("/").includes("..") === true) throw wrong("the revision cannot be one");
  if (file !== undefined) {
    if (file.split("/").some((part) => part === "" || part === "." || part === ".."))
      throw wrong("the file is not one of a repository");
    if (!/\.gguf$/i.test(file)) throw wrong("a single file must be a .gguf file");
  }
  return {
    repo,
    ...(quantization === undefined ? {} : { quantization: quantization.toUpperCase() }),
    ...(file === undefined ? {} : { file }),
    ...(revision === undefined ? {} : { revision }),
  };
}

/** The same without the revision: what a manifest keeps as the source. */
export function sourceText({ repo, quantization, file }: HubUri): string {
  const which = file !== undefined ? `/${file}` : quantization !== undefined ? `:${quantization}` : "";
  return `hf:${repo}${which}`;
}
