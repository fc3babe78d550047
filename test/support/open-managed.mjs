/** Opens a managed backend on the fake vLLM, and keeps it open: a quern for tests to kill. */
import { ManagedBackend } from "../../dist/backends/server/backend.js";
import { vllmLauncher } from "../../dist/backends/server/vllm/launcher.js";

const backend = await ManagedBackend.open({
  provider: "vllm",
  launcher: vllmLauncher("0.32.0", () => Promise.resolve([])),
  servers: [JSON.parse(process.argv[2])],
  servedName: "quern",
  model: { name: "mill", fingerprint: "f1" },
  usualTokens: 1000,
  reasons: [],
  startTimeoutMs: 10_000,
  maxRestarts: 3,
  onNotice: (text) => console.log(text),
  onProgress: () => undefined,
});
console.log(`ready ${backend.guardProcessIds.join()}`);
setInterval(() => undefined, 1e6);
