import { describe, expect, it } from "vitest";
import { quantizationIn } from "../names.js";
import { hubAccess } from "./access.js";
import { parseHubUri, sourceText } from "./uri.js";

describe("an address of a hub", () => {
  it.each([
    ["hf:Qwen/Qwen3-8B", { repo: "Qwen/Qwen3-8B" }],
    ["hf:Qwen/Qwen3-8B-GGUF:q8_0", { repo: "Qwen/Qwen3-8B-GGUF", quantization: "Q8_0" }],
    [
      "hf:o/m/Q4_K_M/m-00001-of-00002.gguf@refs/pr/1",
      { repo: "o/m", file: "Q4_K_M/m-00001-of-00002.gguf", revision: "refs/pr/1" },
    ],
    ["hf:o/m:Q4_K_M@v1.0", { repo: "o/m", quantization: "Q4_K_M", revision: "v1.0" }],
  ])("%s is read", (text, uri) => {
    expect(parseHubUri(text)).toEqual(uri);
    expect(text.toLowerCase()).toContain(sourceText(parseHubUri(text)).toLowerCase());
  });

  it.each([
    "Qwen/Qwen3-8B",
    "https://huggingface.co/Qwen/Qwen3-8B",
    "hf:Qwen",
    "hf:../m",
    "hf:o/..",
    "hf:o/m/../x.gguf",
    "hf:o/m/x.bin",
    "hf:o/m@",
    "hf:o/m@../x",
    "hf:o m/x",
    "",
  ])("%j is refused", (text) => {
    expect(() => parseHubUri(text)).toThrow(/names no model/);
  });
});

describe("the quantization in a name", () => {
  it.each([
    ["Qwen3-8B-Q4_K_M.gguf", "Q4_K_M"],
    ["smollm2-1.7b-instruct-q4_k_m.gguf", "Q4_K_M"],
    ["phi-4.Q8_0.gguf", "Q8_0"],
    ["dir/m-UD-Q4_K_XL-00001-of-00003.gguf", "UD-Q4_K_XL"],
    ["gpt-oss-20b-mxfp4.gguf", "MXFP4"],
    ["m-MXFP4_MOE.gguf", "MXFP4_MOE"],
    ["m-IQ4_XS.gguf", "IQ4_XS"],
    ["m-BF16.gguf", "BF16"],
    ["ggml-model.gguf", undefined],
  ])("%s: %s", (name, quantization) => {
    expect(quantizationIn(name)).toBe(quantization);
  });
});

describe("what the environment says of the hub", () => {
  it("endpoint and token", async () => {
    const none = { HF_HOME: "/none" };
    expect(await hubAccess(none)).toEqual({ endpoint: "https://huggingface.co" });
    expect(await hubAccess({ ...none, HF_ENDPOINT: "http://a:1/", HF_TOKEN: " t\n" })).toEqual({
      endpoint: "http://a:1",
      token: "t",
    });
    expect((await hubAccess({ ...none, HF_ENDPOINT: "http://a", QUERN_HF_ENDPOINT: "http://b/hf" })).endpoint).toBe(
      "http://b/hf",
    );
    await expect(hubAccess({ HF_ENDPOINT: "nonsense" })).rejects.toThrow(/HF_ENDPOINT is not the address/);
    await expect(hubAccess({ HF_HUB_OFFLINE: "1" })).rejects.toThrow(/HF_HUB_OFFLINE is set: nothing is fetched/);
  });
});
