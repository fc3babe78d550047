// Makes `npx quern` work in a checkout: npx looks for commands of dependencies only, so the project's own is put there.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

const command = path.resolve("dist/cli/main.js");
chmodSync(command, 0o755);
const folder = path.resolve("node_modules/.bin");
if (existsSync("node_modules")) {
  mkdirSync(folder, { recursive: true });
  const link = path.join(folder, "quern");
  if (process.platform === "win32") writeFileSync(`${link}.cmd`, `@node "${command}" %*\r\n`);
  else {
    rmSync(link, { force: true });
    symlinkSync(path.relative(folder, command), link);
  }
}
