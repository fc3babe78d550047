/** Recorded desktops with graphics cards. Totals are what nvidia-smi tells for each card. */
import { alderLake, avx2, cpu, record, zen4 } from "./record.js";

const ryzen5800x = cpu("AMD Ryzen 7 5800X 8-Core Processor", 8, 16, avx2);
const ryzen7950x = cpu("AMD Ryzen 9 7950X 16-Core Processor", 16, 32, zen4);
/** Eight fast cores and sixteen slow ones, which do not count. */
const i9 = cpu("13th Gen Intel(R) Core(TM) i9-13900K", 24, 32, alderLake, 8);
const laptop = cpu("12th Gen Intel(R) Core(TM) i7-12700H", 14, 20, alderLake, 6);
const oldCore = cpu("Intel(R) Core(TM) i7-6700K CPU @ 4.00GHz", 4, 8, avx2);

export const desktopMachines = {
  /** A cheap laptop with the smallest card that is sold for models: RTX 3050 Laptop, 6 GB. */
  "rtx-3050-laptop-6gb": record({
    cpu: laptop,
    memory: [15.3, 9.8],
    nvidia: "0, NVIDIA GeForce RTX 3050 6GB Laptop GPU, 6144, 5765, 570.133.07, GPU-11, [N/A], 8.6",
    llama: ["vulkan"],
  }),
  /** RTX 3050 of desktops, 8 GB. */
  "rtx-3050-8gb": record({
    cpu: ryzen5800x,
    memory: [15.5, 11],
    nvidia: "0, NVIDIA GeForce RTX 3050, 8192, 7410, 580.95.05, GPU-12, [N/A], 8.6",
    llama: ["cuda", "vulkan"],
  }),
  "rtx-3060-12gb": record({
    cpu: ryzen5800x,
    memory: [31.2, 26],
    nvidia: "0, NVIDIA GeForce RTX 3060, 12288, 11521, 580.95.05, GPU-13, [N/A], 8.6",
    llama: ["cuda", "vulkan"],
  }),
  "rtx-4060-ti-16gb": record({
    cpu: ryzen5800x,
    memory: [31.2, 27],
    nvidia: "0, NVIDIA GeForce RTX 4060 Ti, 16380, 15588, 580.95.05, GPU-14, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
  }),
  "rtx-4070-12gb": record({
    cpu: i9,
    memory: [31.1, 25],
    nvidia: "0, NVIDIA GeForce RTX 4070, 12282, 11303, 580.95.05, GPU-15, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
  }),
  /** Windows: no vLLM, and the driver's desktop takes memory. The CUDA toolkit is installed. */
  "windows-rtx-4070": record({
    os: "win32",
    cpu: i9,
    memory: [31.8, 20],
    nvidia: "0, NVIDIA GeForce RTX 4070, 12282, 10687, 581.29, GPU-16, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
  }),
  "rtx-4090-24gb": record({
    cpu: ryzen7950x,
    memory: [62.6, 55],
    nvidia: "0, NVIDIA GeForce RTX 4090, 24564, 23657, 580.95.05, GPU-17, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
    llamaServer: "b6527",
  }),
  /** Another program, a game or a server that was left running, fills the card. */
  "rtx-4090-busy": record({
    cpu: ryzen7950x,
    memory: [62.6, 50],
    nvidia: "0, NVIDIA GeForce RTX 4090, 24564, 2048, 580.95.05, GPU-18, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
  /** The driver of a distribution's long-term release, too old for the CUDA 13 that vLLM comes with. */
  "rtx-4090-old-driver": record({
    cpu: ryzen7950x,
    memory: [62.6, 55],
    nvidia: "0, NVIDIA GeForce RTX 4090, 24564, 23898, 535.183.01, GPU-19, [N/A], 8.9",
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
  /** The driver alone: node-llama-cpp finds no CUDA runtime and takes Vulkan. */
  "rtx-4090-no-cuda-runtime": record({
    cpu: ryzen7950x,
    memory: [62.6, 55],
    nvidia: "0, NVIDIA GeForce RTX 4090, 24564, 23657, 580.95.05, GPU-20, [N/A], 8.9",
    llama: ["vulkan"],
  }),
  "rtx-5090-32gb": record({
    cpu: ryzen7950x,
    memory: [93.9, 85],
    nvidia: "0, NVIDIA GeForce RTX 5090, 32607, 31509, 580.95.05, GPU-21, [N/A], 12.0",
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
  /** Turing: no bfloat16 (CC 7.5), the oldest that vLLM runs on. */
  "rtx-2080-ti-11gb": record({
    cpu: oldCore,
    memory: [31.2, 27],
    nvidia: "0, NVIDIA GeForce RTX 2080 Ti, 11264, 10782, 580.95.05, GPU-22, [N/A], 7.5",
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
  /** Pascal (CC 6.1), whose last driver is 580: llama.cpp's build for CUDA 12 only. */
  "gtx-1080-ti-11gb": record({
    cpu: oldCore,
    memory: [15.6, 12],
    nvidia: "0, NVIDIA GeForce GTX 1080 Ti, 11264, 10790, 580.95.05, GPU-23, [N/A], 6.1",
    llama: ["cuda", "vulkan"],
  }),
  /** Two cards of unlike size and age in one case. */
  "rtx-4090-and-3060": record({
    cpu: ryzen7950x,
    memory: [62.6, 56],
    nvidia: `0, NVIDIA GeForce RTX 4090, 24564, 23657, 580.95.05, GPU-24, [N/A], 8.9
1, NVIDIA GeForce RTX 3060, 12288, 11909, 580.95.05, GPU-25, [N/A], 8.6`,
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
  "two-rtx-3090": record({
    cpu: cpu("AMD Ryzen Threadripper 3960X 24-Core Processor", 24, 48, avx2),
    memory: [125.7, 115],
    nvidia: `0, NVIDIA GeForce RTX 3090, 24576, 23859, 580.95.05, GPU-26, [N/A], 8.6
1, NVIDIA GeForce RTX 3090, 24576, 24240, 580.95.05, GPU-27, [N/A], 8.6`,
    llama: ["cuda", "vulkan"],
    vllm: "0.29.0",
  }),
};
