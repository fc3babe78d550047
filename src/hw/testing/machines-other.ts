/** Recorded machines with GPUs of Apple, AMD and Intel. */
import type { GpuFacts } from "../facts.js";
import { parseAmdSmi } from "../probe/amd-smi.js";
import { appleGpu } from "../probe/apple.js";
import { amdCard, type DrmCard, intelCard } from "../probe/drm.js";
import { alderLake, cpu, record, type Recorded, sapphireRapids, zen4 } from "./record.js";

const armv8WithI8mm = "asimd asimddp i8mm";

/** Metal comes with every Mac; there is no build of llama.cpp for the processor alone. */
function mac(name: string, fast: number, slow: number, memory: readonly [number, number], simd: string): Recorded {
  return {
    os: "darwin",
    arch: "arm64",
    cpu: cpu(name, fast + slow, fast + slow, simd, fast),
    memory,
    gpus: ({ totalBytes, availableBytes }) => {
      const gpu = appleGpu(name, totalBytes, availableBytes, 0);
      return gpu === undefined ? [] : [gpu];
    },
    llama: ["metal"],
    llamaOnCpu: false,
  };
}

function fact(card: DrmCard | undefined): GpuFacts[] {
  if (card === undefined) return [];
  const { vendor, name, totalBytes, freeBytes = totalBytes, sharesMemory } = card;
  return [{ index: 0, vendor, name, totalBytes, freeBytes, sharesMemory }];
}

export const otherMachines = {
  /** MacBook Air: a third of its memory stays with the system. */
  "apple-m2-8gb": record(mac("Apple M2", 4, 4, [8, 3.1], armv8WithI8mm)),
  "apple-m3-max-64gb": record(mac("Apple M3 Max", 12, 4, [64, 44], armv8WithI8mm)),
  /** Mac Studio. */
  "apple-m2-ultra-192gb": record(mac("Apple M2 Ultra", 16, 8, [192, 170], armv8WithI8mm)),

  /** RX 7900 XTX, with the numbers its files in /sys have. */
  "rx-7900-xtx-24gb": record({
    cpu: cpu("AMD Ryzen 9 7950X 16-Core Processor", 16, 32, zen4),
    memory: [62.6, 54],
    gpus: () =>
      fact(
        amdCard({
          device: "0x744c",
          revision: "0xc8",
          total: "25753026560",
          used: "1195118592",
          shared: "33616596992",
          busy: "0",
          product: undefined,
        }),
      ),
    llama: ["vulkan"],
  }),

  /** MI300X, as amd-smi tells of it. vLLM's build for ROCm. */
  "mi300x-192gb": record({
    cpu: cpu("Intel(R) Xeon(R) Platinum 8470", 26, 52, sapphireRapids),
    memory: [235.9, 228],
    gpus: () =>
      parseAmdSmi(
        '{"gpu_data": [{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X"}, "vram": {"type": "HBM3", "size": {"value": 196592, "unit": "MB"}}}]}',
        '{"gpu_data": [{"gpu": 0, "mem_usage": {"total_vram": {"value": 196592, "unit": "MB"}, "used_vram": {"value": 285, "unit": "MB"}}}]}',
      ),
    vllm: "0.29.0+rocm723",
    diskFree: 3000,
  }),

  /** Arc A770 with 16 GB, told from the A770 with 8 GB by the size of its memory region. */
  "arc-a770-16gb": record({
    cpu: cpu("12th Gen Intel(R) Core(TM) i5-12600K", 10, 16, alderLake, 6),
    memory: [31.1, 26],
    gpus: ({ totalBytes }) =>
      fact(
        intelCard(
          "0x56a0",
          "0x0000000084000000 0x0000000084ffffff 0x0000000000140204\n0x0000000000000000 0x0000000000000000 0x0000000000000000\n0x0000004000000000 0x00000043ffffffff 0x000000000014220c",
          undefined,
          totalBytes,
        ),
      ),
    llama: ["vulkan"],
  }),
};
