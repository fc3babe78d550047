/** What a line of a starting vLLM says of its progress. */

const steps: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/Loading safetensors checkpoint shards:\s+(\d+)% Completed/, (match) => `loading weights, ${match[1]!}%`],
  [/Loading weights took ([\d.]+) seconds/, (match) => `weights loaded in ${match[1]!} s`],
  [/Model loading took ([\d.]+) Gi?B/, (match) => `weights take ${match[1]!} GiB`],
  [/torch\.compile took ([\d.]+) s/, (match) => `compiled in ${match[1]!} s`],
  [/Available KV cache memory: ([\d.]+) GiB/, (match) => `${match[1]!} GiB for the KV cache`],
  [/[GC]PU KV cache size: ([\d,]+) tokens/, (match) => `KV cache of ${match[1]!} tokens`],
  [/Capturing CUDA graphs.*?:\s+(\d+)%/, (match) => `capturing CUDA graphs, ${match[1]!}%`],
  [/init engine .*took ([\d.]+) s/, (match) => `engine ready in ${match[1]!} s`],
  [/Starting vLLM (?:API )?server/, () => "opening the server"],
  [/Starting to load model/, () => "loading weights"],
  [/Using max model len (\d+)/, (match) => `context of ${match[1]!} tokens`],
];

/** @returns words for people; undefined where the line says nothing of it */
export function vllmProgress(line: string): string | undefined {
  for (const [pattern, words] of steps) {
    const match = pattern.exec(line);
    if (match !== null) return words(match);
  }
  return undefined;
}
