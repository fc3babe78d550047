import { describe, expect, it } from "vitest";
import { llamaServerLauncher, type LlamaServerSettings } from "./launcher.js";

const launcher = llamaServerLauncher("9999");
const settings = (changes: Partial<LlamaServerSettings> = {}): LlamaServerSettings => ({
  program: { command: "/opt/llama-server", version: "9999" },
  model: "/models/mill.gguf",
  servedName: "quern",
  contextTokens: 4096,
  slots: 4,
  batchTokens: 512,
  threads: 2,
  gpuLayers: 10,
  cacheType: "f16",
  extraArgs: [],
  dropped: [],
  ...changes,
});

it("the context is that of all slots, and the key is in no argument", () => {
  const { args, env } = launcher.command(settings({ mmproj: "/models/eye.gguf", cacheType: "q8_0" }), 8123, "secret");
  const line = args.join(" ");
  expect(line).toContain(
    "--model /models/mill.gguf --mmproj /models/eye.gguf --alias quern --host 127.0.0.1 --port 8123",
  );
  expect(line).toContain("--ctx-size 16384 --parallel 4");
  expect(line).toContain("--cache-type-k q8_0 --cache-type-v q8_0");
  expect(line).not.toContain("secret");
  expect(env).toEqual({ LLAMA_API_KEY: "secret" });
});

it("the user's arguments come last, and dropped ones are gone", () => {
  const { args } = launcher.command(settings({ extraArgs: ["--threads", "1"], dropped: ["--offline"] }), 1, "");
  expect(args.slice(-2)).toEqual(["--threads", "1"]);
  expect(args).not.toContain("--offline");
});

describe("what it says when it fails", () => {
  it.each([
    ["0.00.013.249 E srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 8123", "port"],
    ["error: invalid argument: --no-webui", "flag"],
    ["0.00.1 E ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory", "out-of-memory"],
    ["0.00.1 E llama_model_load: error loading model: unknown model architecture: 'odd'", "hopeless"],
    ["0.00.1 E gguf_init_from_file: failed to open GGUF file '/nowhere'", "hopeless"],
    ["0.00.1 E something failed", "unknown"],
  ])("%s", (line, kind) => {
    expect(launcher.diagnose(["0.00.1 I initializing", line], settings())).toMatchObject({ kind });
  });

  it("names a flag, which is dropped unless the user gave it", () => {
    const lines = ["error: invalid argument: --no-webui"];
    const diagnosis = launcher.diagnose(lines, settings());
    expect(launcher.easier(settings(), diagnosis)?.settings.dropped).toEqual(["--no-webui"]);
    expect(launcher.easier(settings({ dropped: ["--no-webui"] }), diagnosis)).toBeUndefined();
    expect(launcher.diagnose(lines, settings({ extraArgs: ["--no-webui"] })).kind).toBe("hopeless");
  });
});

it("too little memory costs slots, then context, then the GPU, and then there is nothing left", () => {
  const changes: string[] = [];
  const diagnosis = { kind: "out-of-memory" as const, message: "" };
  for (
    let now = launcher.easier(settings(), diagnosis);
    now !== undefined;
    now = launcher.easier(now.settings, diagnosis)
  )
    changes.push(now.change);
  expect(changes).toEqual(["2 slots", "one slot", "a context of 2048 tokens", "a context of 1024 tokens", "the CPU"]);
});
