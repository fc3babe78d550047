/** What the names of GGUF files tell: how the weights are stored, and which files are parts of one. */

const quantization =
  /(?:^|[-_.])((?:UD-)?(?:I?Q[1-8](?:_[A-Z0-9]+)*|TQ[12]_0|BF16|F16|F32|MXFP4(?:_MOE)?|NVFP4))(?=[-.]|$)/gi;

const part = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** `Q4_K_M` of `model-Q4_K_M-00001-of-00002.gguf`, in upper case; undefined where the name does not tell. */
export function quantizationIn(file: string): string | undefined {
  const stem = baseName(file)
    .replace(part, "")
    .replace(/\.gguf$/i, "");
  return [...stem.matchAll(quantization)].at(-1)?.[1]?.toUpperCase();
}

/** The parts of one GGUF model, first one first. */
export interface GgufGroup<F extends { path: string }> {
  /** The path without extension and part. */
  stem: string;
  quantization: string | undefined;
  files: F[];
  /** Parts that are not there, by number from 1. */
  missing: number[];
}

/** Gathers the parts of split models; a file that is not split is a group of its own. Sorted by stem. */
export function ggufGroups<F extends { path: string }>(files: readonly F[]): GgufGroup<F>[] {
  const groups = new Map<string, { of: number; files: Map<number, F> }>();
  for (const file of files) {
    const [, number, of] = part.exec(file.path) ?? [];
    const stem = file.path.replace(part, "").replace(/\.gguf$/i, "");
    const key = of === undefined ? stem : `${stem}\n${of}`;
    const group = groups.get(key) ?? { of: Number(of ?? 1), files: new Map<number, F>() };
    group.files.set(Number(number ?? 1), file);
    groups.set(key, group);
  }
  return [...groups]
    .map(([key, group]) => {
      const stem = key.split("\n")[0]!;
      const numbers = Array.from({ length: group.of }, (_, i) => i + 1);
      return {
        stem,
        quantization: quantizationIn(stem),
        files: numbers.flatMap((number) => group.files.get(number) ?? []),
        missing: numbers.filter((number) => !group.files.has(number)),
      };
    })
    .sort((a, b) => (a.stem < b.stem ? -1 : 1));
}

/** It is the second or a later part of a split model. */
export function isLaterPart(file: string): boolean {
  const number = part.exec(file)?.[1];
  return number !== undefined && Number(number) > 1;
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}
