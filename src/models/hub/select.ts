/** Which files of a repository make a model. */
import { InputError } from "../../errors.js";
import { isProjector } from "../manifest.js";
import { ggufGroups, type GgufGroup } from "../names.js";
import { sizeText } from "../sizes.js";
import type { Repo, RepoFile } from "./repo.js";
import { type HubUri, sourceText } from "./uri.js";

export interface Selection {
  /** Of the model in the store. */
  name: string;
  format: "gguf" | "safetensors";
  /** What is asked for to get these files again. */
  source: string;
  quantization: string | null;
  /** The file that is loaded, of a GGUF model. */
  entry: string | null;
  files: RepoFile[];
  /** What was chosen where there was a choice, and what was left out, one sentence each. */
  notes: string[];
}

/** Best first: what is taken where nobody says which. */
const preferred = [
  "Q4_K_M",
  "Q4_K_L",
  "UD-Q4_K_XL",
  "Q4_K_S",
  "Q4_1",
  "Q4_0",
  "IQ4_NL",
  "IQ4_XS",
  "MXFP4",
  "MXFP4_MOE",
];
const larger = ["Q5_K_M", "Q5_K_S", "Q5_0", "Q6_K", "Q8_0", "Q3_K_L", "Q3_K_M", "BF16", "F16"];

/**
 * @param projector also the part that reads pictures
 * @throws {InputError} listing what there is when the choice is not clear
 */
export function selectFiles(repo: Repo, uri: HubUri, projector = false): Selection {
  const wantsGguf = uri.file !== undefined || uri.quantization !== undefined;
  const hasFolder =
    repo.files.some((file) => file.path === "config.json") &&
    repo.files.some((file) => /^[^/]+\.safetensors$/.test(file.path));
  const gguf = repo.files.filter(
    (file) => /\.gguf$/i.test(file.path) && !isProjector(file.path) && !/(^|\/)imatrix[^/]*$/i.test(file.path),
  );
  if (wantsGguf || (!hasFolder && gguf.length > 0)) return selectGguf(repo, uri, gguf, projector);
  if (hasFolder) return selectSafetensors(repo);
  const pickles = repo.files.some((file) => isPickle(file.path));
  throw new InputError(
    `${repo.id} has no .gguf files, and no config.json with .safetensors files` +
      (pickles ? "; its .bin, .pt or .pth files are programs as much as weights and are never fetched" : ""),
    { remedy: "choose a repository that has the model as GGUF or safetensors" },
  );
}

function selectGguf(repo: Repo, uri: HubUri, gguf: readonly RepoFile[], projector: boolean): Selection {
  const groups = ggufGroups(gguf);
  const list = groups.map((group) => `${labelOf(group, groups)} (${sizeText(sizeOf(group))})`).join(", ");
  if (groups.length === 0) {
    const split = repo.files.some((file) => /\.gguf\.part\d+of\d+$/i.test(file.path));
    throw new InputError(
      `${repo.id} has no .gguf files${split ? "; files cut into .part1of2 and so on are not taken" : ""}`,
      { remedy: "choose another repository" },
    );
  }
  const { group, note } = chooseGroup(repo, uri, groups, list);
  if (group.missing.length > 0)
    throw new InputError(`${repo.id} has not all parts of ${group.stem}: ${group.missing.join(", ")} missing`, {
      remedy: `choose another: ${list}`,
    });
  const projectors = repo.files.filter((file) => isProjector(file.path));
  if (projector && projectors.length === 0)
    throw new InputError(`${repo.id} has no mmproj file`, { remedy: "leave out --mmproj" });
  const [projectorFile] = [...projectors].sort((a, b) => a.size - b.size);
  const label = labelOf(group, groups);
  const unique = !label.includes("/") && label === group.quantization;
  return {
    name: storeName(repo.id, label),
    format: "gguf",
    source: sourceText({ repo: repo.id, ...(unique ? { quantization: label } : { file: group.files[0]!.path }) }),
    quantization: group.quantization ?? null,
    entry: group.files[0]!.path,
    files: [...group.files, ...(projector && projectorFile !== undefined ? [projectorFile] : []), ...papers(repo)],
    notes: note === undefined ? [] : [note],
  };
}

function chooseGroup(
  repo: Repo,
  uri: HubUri,
  groups: readonly GgufGroup<RepoFile>[],
  list: string,
): { group: GgufGroup<RepoFile>; note?: string } {
  if (uri.file !== undefined) {
    const named = groups.find((group) => group.files.some((file) => file.path === uri.file));
    if (named !== undefined) return { group: named };
    throw new InputError(`${repo.id} has no file ${uri.file}`, { remedy: `choose one of: ${list}` });
  }
  const wanted = uri.quantization;
  const fitting = (name: string) => groups.filter((group) => group.quantization === name);
  const only = (found: readonly GgufGroup<RepoFile>[], name: string) => {
    // Drafts and the like lie in folders below the model that they belong to.
    const depth = (group: GgufGroup<RepoFile>) => group.stem.split("/").length;
    const least = Math.min(...found.map(depth));
    const [first, ...more] = found.filter((group) => depth(group) === least);
    if (first !== undefined && more.length === 0) return first;
    throw new InputError(`${repo.id} has ${found.length} models stored as ${name}`, {
      remedy: `name the file: ${found.map((group) => `hf:${repo.id}/${group.files[0]!.path}`).join(" or ")}`,
    });
  };
  if (wanted !== undefined) {
    const found = fitting(wanted);
    if (found.length > 0) return { group: only(found, wanted) };
    throw new InputError(`${repo.id} has nothing stored as ${wanted}`, { remedy: `choose one of: ${list}` });
  }
  if (groups.length === 1) return { group: groups[0]! };
  for (const name of [...preferred, ...larger]) {
    const found = fitting(name);
    if (found.length === 0) continue;
    const group = only(found, name);
    return { group, note: `${name} of: ${list}` };
  }
  throw new InputError(`${repo.id} has several models, and none is stored as ${preferred[0]!}`, {
    remedy: `choose one of: ${list}`,
  });
}

/** How the user names one of the groups: its quantization where only it has that, else its file. */
function labelOf(group: GgufGroup<RepoFile>, groups: readonly GgufGroup<RepoFile>[]): string {
  const { quantization } = group;
  const shared = groups.filter((other) => other.quantization === quantization).length > 1;
  return quantization === undefined || shared ? group.stem : quantization;
}

const folderFiles =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|tekken|preprocessor_config|processor_config|video_preprocessor_config|model\.safetensors\.index|quantize_config|quantization_config|hf_quant_config|recipe)\.(json|yaml)$|^(tokenizer\.model|merges\.txt|vocab\.txt|chat_template\.\w+)$/;

function selectSafetensors(repo: Repo): Selection {
  const atTop = repo.files.filter((file) => !file.path.includes("/"));
  const all = atTop.filter((file) => file.path.endsWith(".safetensors"));
  // Mistral's own layout beside that of Hugging Face: the same weights once more.
  const others = all.filter((file) => !file.path.startsWith("consolidated"));
  const weights = others.length > 0 ? others : all;
  const left: string[] = [];
  if (repo.files.some((file) => isPickle(file.path)))
    left.push(".bin, .pt and .pth files (they are programs as much as weights)");
  if (repo.files.some((file) => file.path.endsWith(".py")))
    left.push("Python files: where the model needs code of its own, it will not load");
  return {
    name: storeName(repo.id),
    format: "safetensors",
    source: sourceText({ repo: repo.id }),
    quantization: null,
    entry: null,
    files: [...atTop.filter((file) => folderFiles.test(file.path)), ...weights, ...papers(repo)],
    notes: left.map((what) => `not fetched: ${what}`),
  };
}

/** The model's card and the texts of its licence. */
function papers(repo: Repo): RepoFile[] {
  const found = repo.files.filter((file) => /^(README\.md|(LICEN[CS]E|NOTICE|USE_POLICY)[^/]*)$/i.test(file.path));
  // Not every file system keeps `LICENSE` and `License` apart.
  return found.filter((file, i) => found.findIndex((one) => sameName(one, file)) === i);
}

function sameName(a: RepoFile, b: RepoFile): boolean {
  return a.path.toLowerCase() === b.path.toLowerCase();
}

function isPickle(file: string): boolean {
  return /\.(bin|pt|pth|ckpt)$/.test(file);
}

function sizeOf(group: GgufGroup<RepoFile>): number {
  return group.files.reduce((sum, file) => sum + file.size, 0);
}

/** File systems take 255 letters; some are for what is written beside it. */
const longestName = 200;

/** `owner--name` or `owner--name--label`, of letters that every file system takes. */
export function storeName(repo: string, label?: string): string {
  const parts = [...repo.split("/"), ...(label === undefined ? [] : [label])];
  const name = parts.map((part) => part.replace(/[^A-Za-z0-9._-]/g, "-")).join("--");
  return name.slice(0, longestName).replace(/\.+$/, "");
}
