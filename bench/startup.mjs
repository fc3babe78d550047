// CPU time of `quern --help`, user and system, median of 11 starts.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const measure = `
const { resourceUsage } = process;
process.on("exit", () => { const u = process.resourceUsage(); process.stderr.write(String((u.userCPUTime + u.systemCPUTime) / 1000)); });
process.argv = [process.argv[0], ${JSON.stringify(main)}, "--help"];
await import(${JSON.stringify(main)});
`;
const times = Array.from({ length: 11 }, () => {
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", measure], { encoding: "utf8" });
  return Number(stderr);
}).sort((a, b) => a - b);
console.log(`quern --help: ${times[5].toFixed(0)} ms of CPU time (${times[0].toFixed(0)} to ${times[10].toFixed(0)})`);
