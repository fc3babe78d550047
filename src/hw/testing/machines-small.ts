/** Recorded machines without a GPU that could compute a model: laptops, small servers, boards. */
import { intelCard } from "../probe/drm.js";
import { armv8, avx2, cpu, gib, iceLake, record, sapphireRapids, skylake } from "./record.js";

export const smallMachines = {
  /** A laptop of 2018: Core i5-8250U, two modules of 4 GB, a browser open. */
  "laptop-8gb": record({ cpu: cpu("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", 4, 8, avx2), memory: [7.6, 4.1] }),

  /** A laptop of 2021: Core i5-1135G7, whose Iris Xe shares the memory and which Vulkan can use. */
  "laptop-16gb": record({
    cpu: cpu("11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz", 4, 8, iceLake),
    memory: [15.4, 10.2],
    gpus: ({ totalBytes, availableBytes }) => {
      const { name, totalBytes: share } = intelCard("0x9a49", "", undefined, totalBytes);
      const freeBytes = Math.min(share, availableBytes);
      return [{ index: 0, vendor: "intel", name, totalBytes: share, freeBytes, sharesMemory: true }];
    },
    llama: ["vulkan"],
  }),

  /** Two cores of a Xeon with AMX, as continuous integration and sandboxes have them; vLLM's build for processors. */
  "amx-container-24gb": record({
    cpu: cpu("Intel(R) Xeon(R) Processor", 2, 2, sapphireRapids),
    memory: [23.54, 22.4],
    vllm: "0.32.0+cpu",
    llamaServer: "0.5.0-dev",
    diskFree: 57,
  }),

  /** `docker run --memory 4g --cpus 2` on a server with 32 cores. */
  "container-4gb": record({
    cpu: cpu("AMD EPYC 7763 64-Core Processor", 32, 64, avx2, 2),
    memory: [4, 3.7],
    limitedBy: "cgroup v2",
    diskFree: 30,
  }),

  /** The smallest rented server: one virtual core, 1 GB. */
  "vps-1gb": record({
    cpu: cpu("Intel Xeon Processor (Skylake, IBRS)", 1, 1, skylake),
    memory: [0.95, 0.6],
    diskFree: 15,
  }),

  /** Raspberry Pi 5: four Cortex-A76, 8 GB; node-llama-cpp has no Vulkan build for it. */
  "raspberry-pi-5-8gb": record({
    arch: "arm64",
    cpu: cpu("Raspberry Pi 5 Model B Rev 1.0 (Cortex-A76)", 4, 4, armv8),
    memory: [7.87, 6.9],
    diskFree: 40,
  }),

  /** A server without GPU: two EPYC 9654, 192 cores with AVX-512 and bf16, 768 GB; vLLM's build for processors. */
  "epyc-9654-768gb": record({
    cpu: cpu("AMD EPYC 9654 96-Core Processor", 192, 384, "sse4_2 avx avx2 f16c fma avx512f avx512_vnni avx512_bf16"),
    memory: [755.5, 740],
    vllm: "0.29.0+cpu",
    diskFree: 2000,
  }),

  /** A disk that is nearly full. */
  "laptop-16gb-full-disk": record({
    cpu: cpu("AMD Ryzen 7 5825U with Radeon Graphics", 8, 16, avx2),
    memory: [14.9, 9],
    gpus: () => [
      {
        index: 0,
        vendor: "amd",
        name: "AMD GPU 0x15e7",
        totalBytes: 8 * gib,
        freeBytes: 7.5 * gib,
        sharesMemory: true,
      },
    ],
    llama: ["vulkan"],
    diskFree: 0.8,
  }),
};
