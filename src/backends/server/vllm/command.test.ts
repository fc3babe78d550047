import { describe, expect, it } from "vitest";
import { isAtLeast, reservedFlag, vllmCommand } from "./command.js";
import { cpuSettings, settingsWith } from "./testing/recorded.js";

const args = (changes: Parameters<typeof settingsWith>[0] = {}) =>
  vllmCommand(settingsWith(changes), 8123, "secret").args;
const version = (text: string) => ({ program: { command: "/opt/vllm/bin/vllm", version: text, cpuOnly: false } });

describe("the command line", () => {
  it("has what all versions know, on loopback only", () => {
    expect(args(version("0.29.0"))).toEqual([
      ..."serve /models/mill --served-model-name quern --host 127.0.0.1 --port 8123 --max-model-len 8192".split(" "),
      ..."--max-num-seqs 256 --max-num-batched-tokens 8192 --gpu-memory-utilization 0.92".split(" "),
      ..."--generation-config vllm --enable-prompt-tokens-details --disable-uvicorn-access-log --stream-interval 8".split(
        " ",
      ),
    ]);
  });

  it.each([
    ["0.10.2", false],
    ["0.11", true],
    ["0.14.1", true],
    ["0.29.0", true],
    ["0.32.0rc1", true],
    ["1.0.0", true],
    ["", true],
  ])("leaves out what version %s does not know", (text, has) => {
    expect(args(version(text)).includes("--stream-interval")).toBe(has);
    expect(args(version(text))).toContain("--generation-config");
  });

  it("says what the plan decides, and only that", () => {
    const all = args({
      gpus: [2, 3],
      dtype: "half",
      cacheType: "fp8",
      quantization: "fp8_per_tensor",
      enforceEager: true,
    }).join(" ");
    for (const part of [
      "--tensor-parallel-size 2",
      "--dtype half",
      "--kv-cache-dtype fp8",
      "--quantization fp8_per_tensor",
      "--enforce-eager",
    ])
      expect(all).toContain(part);
    expect(args().join(" ")).not.toMatch(/tensor-parallel|dtype|quantization|eager|chunked/);
  });

  it("reads prompts in one piece on a CPU, and gives a step room for the longest", () => {
    const { args: cpu, env } = vllmCommand({ ...cpuSettings, maxNumBatchedTokens: 1024 }, 8123, "secret");
    expect(cpu).toContain("--no-enable-chunked-prefill");
    expect(cpu[cpu.indexOf("--max-num-batched-tokens") + 1]).toBe("2048");
    expect(env).toMatchObject({
      VLLM_CPU_KVCACHE_SPACE: "4",
      VLLM_CPU_OMP_THREADS_BIND: "nobind",
      OMP_NUM_THREADS: "2",
    });
    expect(env).not.toHaveProperty("CUDA_VISIBLE_DEVICES");
  });

  it("lets the user's own flags win, however they are written", () => {
    const extraArgs = ["--max_num_seqs=8", "-tp", "2", "--no-enable-prompt-tokens-details", "--seed", "3"];
    const all = args({ extraArgs, gpus: [0, 1] });
    for (const gone of ["--max-num-seqs", "--tensor-parallel-size", "--enable-prompt-tokens-details"])
      expect(all).not.toContain(gone);
    expect(all.slice(-extraArgs.length)).toEqual(extraArgs);
    const cpu = vllmCommand({ ...cpuSettings, extraArgs: ["--enable-chunked-prefill"] }, 1, "");
    expect(cpu.args).not.toContain("--no-enable-chunked-prefill");
  });

  it("leaves out what was dropped, with its value", () => {
    const all = args({ dropped: ["--stream-interval", "--disable-uvicorn-access-log"] });
    expect(all.slice(-3)).toEqual(["--generation-config", "vllm", "--enable-prompt-tokens-details"]);
  });

  it("keeps the key in the environment", () => {
    const { args: all, env } = vllmCommand(settingsWith({ gpus: [1, 3] }), 8123, "secret");
    expect(all.join(" ")).not.toContain("secret");
    expect(env).toMatchObject({
      VLLM_API_KEY: "secret",
      HF_HUB_OFFLINE: "1",
      VLLM_NO_USAGE_STATS: "1",
      CUDA_VISIBLE_DEVICES: "1,3",
    });
    expect(env["PATH"]).toMatch(/^\/opt\/vllm\/bin:/);
    expect(vllmCommand(settingsWith({ gpuVendor: "amd" }), 1, "").env).toMatchObject({ HIP_VISIBLE_DEVICES: "0" });
  });

  it("knows the flags by which quern finds its server", () => {
    expect(reservedFlag(["--seed", "1", "--port=9000"])).toBe("--port");
    expect(reservedFlag(["--api_key", "x"])).toBe("--api-key");
    expect(reservedFlag(["--seed", "1"])).toBeUndefined();
  });
});

it.each([
  ["0.10", "0.9", true],
  ["0.9.2", "0.10", false],
  ["0.32.0+cpu", "0.32", true],
  ["0.32", "0.32.1", false],
  ["1.0", "0.32", true],
])("version %s is at least %s: %s", (have, want, is) => {
  expect(isAtLeast(have, want)).toBe(is);
});
