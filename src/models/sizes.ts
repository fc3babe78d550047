/** Bytes as people read them, and the memory that a model takes. */

const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** `4.7 GB`: powers of 1000, as disks and hubs count. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]!}`;
}

/** `8.2 billion`, of parameters. */
export function countText(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} million` : `${(count / 1e9).toFixed(1)} billion`;
}

/** GiB of memory that machines and GPUs come with. */
export const memoryClasses = [2, 4, 8, 12, 16, 24, 32, 48, 80, 160, 320, 640] as const;

const gib = 2 ** 30;

/**
 * The least of the usual sizes of memory, in GiB, that holds the weights, a sixth more for what is computed, and one GiB
 * for the caches of a few short sequences. A first guess; how much context fits depends on the model.
 * @returns undefined beyond the largest
 */
export function memoryClassOf(weightBytes: number): number | undefined {
  const needed = weightBytes * 1.15 + gib;
  return memoryClasses.find((size) => size * gib >= needed);
}
