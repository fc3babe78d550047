/**
 * Recorded GPU servers, most of them as clouds rent them. Totals are what nvidia-smi tells for each card; the driver
 * keeps some of it to itself, so an idle card has less free than it has.
 */
import { armv9, avx2, cpu, iceLake, record, sapphireRapids, skylake } from "./record.js";

/** Lines of several cards of a kind. */
function cards(count: number, name: string, totalMib: number, freeMib: number, driver: string, cc: string): string {
  return Array.from(
    { length: count },
    (_, i) => `${i}, ${name}, ${totalMib}, ${freeMib}, ${driver}, GPU-${name.length}-${i}, Disabled, ${cc}`,
  ).join("\n");
}

const xeon8480 = (cores: number) => cpu("Intel(R) Xeon(R) Platinum 8480C", cores, 2 * cores, sapphireRapids);

export const serverMachines = {
  /** Google's n1 with a T4, or Colab. */
  "t4-15gb": record({
    cpu: cpu("Intel(R) Xeon(R) CPU @ 2.00GHz", 2, 4, skylake),
    memory: [14.6, 13],
    nvidia: cards(1, "Tesla T4", 15360, 14913, "580.95.05", "7.5"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  /** Google's g2-standard-8. */
  "l4-24gb": record({
    cpu: cpu("Intel(R) Xeon(R) CPU @ 2.20GHz", 4, 8, iceLake),
    memory: [31.3, 29],
    nvidia: cards(1, "NVIDIA L4", 23034, 22563, "580.95.05", "8.9"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  /** Amazon's g5.xlarge. */
  "a10g-24gb": record({
    cpu: cpu("AMD EPYC 7R32", 2, 4, avx2),
    memory: [15.4, 14],
    nvidia: cards(1, "NVIDIA A10G", 23028, 22502, "580.95.05", "8.6"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  "two-l40s": record({
    cpu: cpu("AMD EPYC 9354 32-Core Processor", 32, 64, `${iceLake} avx512_bf16`),
    memory: [251.5, 240],
    nvidia: cards(2, "NVIDIA L40S", 46068, 45457, "580.95.05", "8.9"),
    llama: ["cuda"],
    vllm: "0.29.0",
    diskFree: 1500,
  }),
  /** Google's a2-highgpu-1g. */
  "a100-40gb": record({
    cpu: cpu("Intel(R) Xeon(R) CPU @ 2.20GHz", 6, 12, iceLake),
    memory: [83.5, 80],
    nvidia: cards(1, "NVIDIA A100-SXM4-40GB", 40960, 40441, "580.95.05", "8.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  "a100-80gb": record({
    cpu: cpu("AMD EPYC 7V13 64-Core Processor", 24, 24, avx2),
    memory: [216.2, 210],
    nvidia: cards(1, "NVIDIA A100 80GB PCIe", 81920, 81153, "580.95.05", "8.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  "four-a100-80gb": record({
    cpu: cpu("AMD EPYC 7543 32-Core Processor", 64, 128, avx2),
    memory: [503.6, 490],
    nvidia: cards(4, "NVIDIA A100-SXM4-80GB", 81920, 81153, "580.95.05", "8.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
    diskFree: 3000,
  }),
  "h100-80gb": record({
    cpu: xeon8480(13),
    memory: [221.4, 215],
    nvidia: cards(1, "NVIDIA H100 80GB HBM3", 81559, 81004, "580.95.05", "9.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
    diskFree: 900,
  }),
  /** DGX H100. */
  "eight-h100": record({
    cpu: xeon8480(112),
    memory: [2015.6, 1980],
    nvidia: cards(8, "NVIDIA H100 80GB HBM3", 81559, 81004, "580.95.05", "9.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
    diskFree: 12000,
  }),
  /** A container with one of a server's H200. */
  "h200-141gb": record({
    cpu: cpu("Intel(R) Xeon(R) Platinum 8580", 16, 16, sapphireRapids),
    memory: [128, 124],
    limitedBy: "cgroup v2",
    nvidia: cards(1, "NVIDIA H200", 143771, 143156, "580.95.05", "9.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  "b200-180gb": record({
    cpu: cpu("INTEL(R) XEON(R) PLATINUM 8570", 26, 52, sapphireRapids),
    memory: [361.9, 350],
    nvidia: cards(1, "NVIDIA B200", 183359, 182632, "580.95.05", "10.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
    diskFree: 2000,
  }),
  /** Amazon's p3.2xlarge: Volta (CC 7.0), which vLLM no longer runs on even where it is installed. */
  "v100-16gb": record({
    cpu: cpu("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", 4, 8, avx2),
    memory: [59.9, 57],
    nvidia: cards(1, "Tesla V100-SXM2-16GB", 16384, 16144, "580.95.05", "7.0"),
    llama: ["cuda"],
    vllm: "0.29.0",
  }),
  "v100-32gb": record({
    cpu: cpu("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", 20, 40, skylake),
    memory: [188.5, 180],
    nvidia: cards(1, "Tesla V100-SXM2-32GB", 32768, 32491, "535.183.01", "7.0"),
    llama: ["cuda"],
  }),
  /** DGX Spark: GB10 computes in the machine's own memory, and node-llama-cpp has no CUDA build for ARM. */
  "dgx-spark-gb10": record({
    arch: "arm64",
    cpu: cpu("Cortex-X925 + Cortex-A725", 20, 20, armv9),
    memory: [119.68, 112],
    nvidia: "0, NVIDIA GB10, [N/A], [N/A], 580.126.09, GPU-31, [N/A], 12.1",
    vllm: "0.29.0",
    diskFree: 3000,
  }),
  /** A workstation's card for servers: RTX PRO 6000 with 96 GB (CC 12.0). */
  "rtx-pro-6000-96gb": record({
    cpu: cpu("AMD Ryzen Threadripper PRO 7975WX 32-Cores", 32, 64, `${iceLake} avx512_bf16`),
    memory: [251.4, 240],
    nvidia: cards(1, "NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97887, 96480, "580.95.05", "12.0"),
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
    diskFree: 1800,
  }),
};
