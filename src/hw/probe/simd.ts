/** Instruction sets by one name each, whatever the operating system calls them. */

/** What llama.cpp and vLLM have code for, in the order it is told. */
export const simdNames = [
  "sse4_2",
  "avx",
  "avx2",
  "f16c",
  "fma",
  "avx_vnni",
  "avx512f",
  "avx512_vnni",
  "avx512_bf16",
  "amx_tile",
  "amx_int8",
  "amx_bf16",
  "neon",
  "dotprod",
  "i8mm",
  "sve",
] as const;
export type SimdName = (typeof simdNames)[number];

/** Other names: of Linux on ARM, of sysctl on macOS, of llama.cpp's own list. */
const aliases: Readonly<Record<string, readonly SimdName[]>> = {
  asimd: ["neon"],
  asimddp: ["dotprod"],
  "sse4.2": ["sse4_2"],
  sse42: ["sse4_2"],
  "avx1.0": ["avx"],
  "hw.optional.arm.feat_dotprod": ["dotprod"],
  "hw.optional.arm.feat_i8mm": ["i8mm"],
  "hw.optional.advsimd": ["neon"],
  "hw.optional.neon": ["neon"],
  avx512: ["avx512f"],
  // llama.cpp only uses tiles where it tells of this.
  amx_int8: ["amx_tile", "amx_int8"],
  matmul_int8: ["i8mm"],
};

/**
 * @param flags names as the operating system or llama.cpp tells them
 * @returns those that matter, in the order of `simdNames`
 */
export function simdFrom(flags: Iterable<string>): SimdName[] {
  const known = new Set<string>(simdNames);
  const found = new Set<string>();
  for (const flag of flags) {
    const name = flag.trim().toLowerCase();
    if (known.has(name)) found.add(name);
    for (const alias of aliases[name] ?? []) found.add(alias);
  }
  return simdNames.filter((name) => found.has(name));
}

/** @param text llama.cpp's own list: `CPU : SSE3 = 1 | AVX2 = 1 | NEON = 0 |` */
export function simdFromLlama(text: string): SimdName[] {
  return simdFrom([...text.matchAll(/(\w+) = 1/g)].map((match) => match[1]!));
}
