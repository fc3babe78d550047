/** Why llama.cpp cannot use what the machine has. */
import type { GpuFacts, LlamaDevice } from "../facts.js";

export interface LlamaAttempt {
  /** Undefined where it is not known which was tried. */
  device: LlamaDevice | undefined;
  outcome: "works" | "fails" | "no-device" | "crashes" | "hangs";
  /** What it said. */
  detail: string;
}

export interface LlamaSituation {
  platform: NodeJS.Platform;
  arch: string;
  gpus: readonly GpuFacts[];
  /** Devices whose libraries are there. */
  candidates: readonly LlamaDevice[];
  /** Whether node-llama-cpp's package for a device is installed, by device. */
  packages: Readonly<Record<string, boolean>>;
  attempts: readonly LlamaAttempt[];
  /** The system has another C library than the prebuilt ones need. */
  musl: boolean;
}

const words: Record<LlamaDevice, string> = { cuda: "CUDA", vulkan: "Vulkan", metal: "Metal", cpu: "the processor" };

/** @returns a sentence with a remedy for each device that could be expected and is missing */
export function llamaReasons(situation: LlamaSituation): string[] {
  const { attempts, musl, platform, arch } = situation;
  if (musl && !attempts.some(({ outcome }) => outcome === "works"))
    return [
      "llama.cpp as it comes with node-llama-cpp needs glibc, which this system (musl) has not: use another distribution, or build it with `npx node-llama-cpp source build`",
    ];
  const reasons = attempts.flatMap((attempt) => {
    const reason = reasonOf(attempt, situation);
    return reason === undefined ? [] : [reason];
  });
  const missing = (device: LlamaDevice) =>
    !situation.candidates.includes(device) && !attempts.some((attempt) => attempt.device === device);
  const has = (...vendors: GpuFacts["vendor"][]) => situation.gpus.some(({ vendor }) => vendors.includes(vendor));
  if (has("nvidia") && missing("cuda")) reasons.push(cudaMissing(platform, arch));
  if (has("amd", "intel") && missing("vulkan") && platform !== "darwin") reasons.push(vulkanMissing(platform, arch));
  if (has("apple") && arch !== "arm64")
    reasons.push("this Node was built for Intel and cannot use Metal: install Node for Apple's processors (arm64)");
  return reasons;
}

function reasonOf({ device, outcome, detail }: LlamaAttempt, { platform, arch, packages }: LlamaSituation) {
  const name = device === undefined ? "llama.cpp" : `llama.cpp with ${words[device]}`;
  const because = detail === "" ? "" : ` (${detail})`;
  switch (outcome) {
    case "works":
      return undefined;
    case "hangs":
      return `${name} does not start${because}: a driver hangs; restart the machine where this stays`;
    case "crashes":
      return `${name} cannot be tried${because}`;
    case "no-device":
      return device === "cuda"
        ? "llama.cpp with CUDA finds no device: the NVIDIA driver may be too old for the CUDA runtime that is installed (13 needs driver 580, 12 needs 525)"
        : `${name} finds no GPU: install the GPU's driver for it, and see that this user may use it (group render)`;
    case "fails":
      if (device === undefined || packages[device] === true) return `${name} does not load on this machine${because}`;
      if (!isPublished(device, platform, arch))
        return `node-llama-cpp has no llama.cpp with ${words[device]} for ${platform} ${arch}: build it with \`npx node-llama-cpp source build --gpu ${device === "cpu" ? "false" : device}\``;
      return `node-llama-cpp's package for ${words[device]} is not installed: install quern without \`--omit=optional\``;
  }
}

/** What npm has of node-llama-cpp 3: GPUs only on x64 and Apple's processors. */
function isPublished(device: LlamaDevice, platform: NodeJS.Platform, arch: string): boolean {
  if (device === "cpu") return ["linux", "darwin", "win32"].includes(platform) && ["x64", "arm64"].includes(arch);
  if (device === "metal") return platform === "darwin" && arch === "arm64";
  return (platform === "linux" || platform === "win32") && arch === "x64";
}

function cudaMissing(platform: NodeJS.Platform, arch: string): string {
  if (!isPublished("cuda", platform, arch))
    return `node-llama-cpp has no llama.cpp with CUDA for ${platform} ${arch}: install the CUDA toolkit and build it with \`npx node-llama-cpp source build --gpu cuda\``;
  const remedy =
    platform === "win32"
      ? "install the CUDA toolkit from NVIDIA"
      : "install it (cuda-libraries-13-0 for driver 580 or newer, cuda-libraries-12-9 before), or put the folder that has it into LD_LIBRARY_PATH";
  return `llama.cpp cannot use CUDA: the CUDA runtime (libcudart, libcublas, libcublasLt) is not found, so it falls back to Vulkan or the processor; ${remedy}`;
}

function vulkanMissing(platform: NodeJS.Platform, arch: string): string {
  if (!isPublished("vulkan", platform, arch))
    return `node-llama-cpp has no llama.cpp with Vulkan for ${platform} ${arch}: build it with \`npx node-llama-cpp source build --gpu vulkan\``;
  return platform === "win32"
    ? "llama.cpp cannot use the GPU: Vulkan is not found; install the newest driver of the GPU"
    : "llama.cpp cannot use the GPU: libvulkan is not found; install libvulkan1 and mesa-vulkan-drivers";
}
