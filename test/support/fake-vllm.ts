/** Installs the fake vLLM as a program, tells it what to do, and reads what it was asked. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { VllmSettings } from "../../src/backends/server/vllm/settings.js";
import { folderWith } from "./folders.js";

const script = fileURLToPath(new URL("./fake-vllm.mjs", import.meta.url));

/** What the fake does; each is a variable `FAKE_VLLM_...` of its environment. */
export interface FakeSettings {
  /** Milliseconds of a start. */
  START_MS?: number;
  /** Milliseconds of an answer. */
  ANSWER_MS?: number;
  /** Of the GPU: all, what is free, what the weights take, and a token of the cache. */
  TOTAL_GIB?: number;
  FREE_GIB?: number;
  WEIGHTS_GIB?: number;
  KIB_PER_TOKEN?: number;
  /** Flags that it does not know, separated by commas. */
  UNKNOWN_FLAGS?: string;
  /** Every start fails with this text of fake-vllm-failures.mjs. */
  FAILURE?: string;
  /** So many starts find their port taken. */
  PORT_CLASHES?: number;
  /** It says a few lines and then nothing more. */
  HANGS?: "1";
  /** The number of the start that is killed. */
  DIES_AT_START?: number;
  /** The numbers of the starts to which what follows applies; all where absent. */
  FAULTY_STARTS?: string;
  /** Each request kills it. */
  DIES_AT_REQUEST?: "1";
  /** Exit code 0 after so many requests. */
  EXITS_AFTER?: number;
  /** Its engine is dead after so many: /health says 503. */
  SICK_AFTER?: number;
  /** After so many no token is made any more, and /health says 200. */
  STALLS_AFTER?: number;
  /** The number of the request whose stream reports an error. */
  STREAM_ERROR_AT?: number;
  /** It does not end when asked to. */
  IGNORES_TERM?: "1";
  /** Its engine outlives it. */
  LEAVES_ENGINE?: "1";
}

export interface FakeStart {
  argv: string[];
  env: Record<string, string>;
  pid: number;
  /** A process that it started. */
  engine: number;
}

export class FakeVllm {
  private constructor(
    readonly folder: string,
    private readonly startsFile: string,
  ) {}

  /** @param version as pip would record it */
  static async install(version = "0.32.0"): Promise<FakeVllm> {
    const folder = await folderWith({ "state/.keep": "" });
    const bin = path.join(folder, "env", "bin");
    await mkdir(bin, { recursive: true });
    await mkdir(path.join(folder, "env/lib/python3.12/site-packages", `vllm-${version}.dist-info`), {
      recursive: true,
    });
    const fake = new FakeVllm(folder, path.join(folder, "starts.jsonl"));
    await writeFile(fake.command, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
    await chmod(fake.command, 0o755);
    return fake;
  }

  get command(): string {
    return path.join(this.folder, "env", "bin", "vllm");
  }

  get stateFolder(): string {
    return path.join(this.folder, "state");
  }

  /** The environment of a quern that uses it. */
  environment(settings: FakeSettings = {}): Record<string, string> {
    const own = Object.entries(settings).map(([name, value]) => [`FAKE_VLLM_${name}`, String(value)]);
    return {
      QUERN_VLLM: this.command,
      QUERN_STATE: this.stateFolder,
      FAKE_VLLM_STARTS: this.startsFile,
      ...(Object.fromEntries(own) as Record<string, string>),
    };
  }

  async starts(): Promise<FakeStart[]> {
    const text = await readFile(this.startsFile, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as FakeStart);
  }

  /** Of all its processes so far. */
  async processes(): Promise<number[]> {
    return (await this.starts()).flatMap(({ pid, engine }) => [pid, engine]);
  }

  settings(changes: Partial<VllmSettings> = {}): VllmSettings {
    return {
      program: { command: this.command, version: "0.32.0", cpuOnly: false },
      model: "/models/mill",
      servedName: "quern",
      gpus: [0],
      gpuVendor: "nvidia",
      computeCapability: 9,
      maxModelLen: 4096,
      maxNumSeqs: 64,
      maxNumBatchedTokens: 8192,
      gpuMemoryUtilization: 0.9,
      cacheType: "auto",
      enforceEager: false,
      isQuantized: false,
      threads: 2,
      extraArgs: [],
      dropped: [],
      ...changes,
    };
  }
}

/** The value of a flag in a command line. */
export function flag(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
}

/** A folder with an `nvidia-smi` for the PATH that tells of one card, or of none. */
export async function fakeNvidiaSmi(hasCard = true): Promise<string> {
  const folder = await folderWith();
  const file = path.join(folder, "nvidia-smi");
  const line = "0, NVIDIA H100 80GB HBM3, 81559, 81004, 580.95.05, GPU-5d5b-aa, Disabled, 9.0";
  await writeFile(file, hasCard ? `#!/bin/sh\necho "${line}"\n` : '#!/bin/sh\necho "No devices were found"\nexit 6\n');
  await chmod(file, 0o755);
  return folder;
}

/** What a folder of a small model holds; the weights are none. */
export const modelFiles = {
  "config.json": {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    num_hidden_layers: 4,
    hidden_size: 256,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 512,
    vocab_size: 4096,
    max_position_embeddings: 4096,
    torch_dtype: "bfloat16",
  },
  "model.safetensors": "no weights",
};
