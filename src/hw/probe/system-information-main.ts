/** The process that asks systeminformation: `system-information-main.js cpu graphics` prints a JSON object. */
import { writeSync } from "node:fs";
import si from "systeminformation";

const wanted = new Set(process.argv.slice(2));
const [cpu, graphics] = await Promise.all([
  wanted.has("cpu") ? si.cpu() : undefined,
  wanted.has("graphics") ? si.graphics() : undefined,
]);
writeSync(1, JSON.stringify({ cpu, graphics }));
process.exit(0);
