/**
 * The process that tries what llama.cpp can use here, so that native code that crashes or hangs takes nothing with it.
 * `llama-devices-main.js` tries the best device and tells of the others that may do; `llama-devices-main.js vulkan`
 * tries that one. Each gets a process of its own: llama.cpp's libraries have the same names for all of them.
 */
import { existsSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { getLlama, getLlamaGpuTypes, LlamaLogLevel } from "node-llama-cpp";

type GpuType = "cuda" | "vulkan" | "metal" | false;

// The package does not export its manifest; its entry is dist/index.js.
const packageFolder = path.join(fileURLToPath(import.meta.resolve("node-llama-cpp")), "..", "..");
const types = (await getLlamaGpuTypes("supported")) as GpuType[];
const wanted = process.argv[2];
const type = wanted === undefined ? (types[0] ?? false) : wanted === "cpu" ? false : (wanted as GpuType);

const answer = {
  version: textOf("package.json", "version"),
  release: textOf("llama/binariesGithubRelease.json", "release"),
  candidates: types.map(nameOf),
  packages: Object.fromEntries(
    (["cuda", "vulkan", "metal", false] as const).map((each) => [nameOf(each), isInstalled(each)]),
  ),
  tried: await attempt(type),
};
// On a line of its own, as native code may print too.
writeSync(1, `\nquern:${JSON.stringify(answer)}\n`);
process.exit(0);

async function attempt(gpu: GpuType) {
  const device = nameOf(gpu);
  const log: string[] = [];
  try {
    const llama = await getLlama({
      gpu,
      build: "never",
      skipDownload: true,
      logLevel: LlamaLogLevel.error,
      logger: (_, message) => log.push(message.trim()),
    });
    const names = gpu === false ? [] : await llama.getGpuDeviceNames();
    const vramBytes = gpu === false ? 0 : (await llama.getVramState()).total;
    return { device, works: llama.gpu === gpu, names, vramBytes, systemInfo: llama.systemInfo };
  } catch (error) {
    const message = [error instanceof Error ? error.message : String(error), ...log.slice(-2)].join("; ");
    return { device, works: false, message };
  }
}

function nameOf(gpu: GpuType): string {
  return gpu === false ? "cpu" : gpu;
}

function textOf(file: string, key: string): string {
  try {
    const content = JSON.parse(readFileSync(path.join(packageFolder, file), "utf8")) as Record<string, unknown>;
    return String(content[key]);
  } catch {
    return "";
  }
}

/** Whether npm installed the package with the library for a device: they are optional, and not for all machines. */
function isInstalled(gpu: GpuType): boolean {
  const platform = { linux: "linux", darwin: "mac", win32: "win" }[process.platform as string] ?? process.platform;
  const arch = process.arch === "arm" ? "armv7l" : process.arch;
  const name = ["@node-llama-cpp", `${platform}-${arch}${gpu === false ? "" : `-${gpu}`}`];
  for (let folder = packageFolder; folder !== path.dirname(folder); folder = path.dirname(folder))
    if (existsSync(path.join(folder, "node_modules", ...name))) return true;
  // A build made on this machine takes the place of all packages.
  return existsSync(path.join(packageFolder, "llama", "localBuilds"));
}
