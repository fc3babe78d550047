import { expect, it } from "vitest";
import { LogLines } from "./log-lines.js";

function read(...pieces: string[]): { lines: readonly string[]; told: string[]; log: LogLines } {
  const told: string[] = [];
  const log = new LogLines((line) => told.push(line));
  for (const piece of pieces) log.push("stdout", piece);
  return { lines: log.lines, told, log };
}

it("takes each state of a bar for a line", () => {
  const { lines } = read("\rLoading:   0%", "\rLoading:  50%\rLoa", "ding: 100%\n\nnext\r\n");
  expect(lines).toEqual(["Loading:   0%", "Loading:  50%", "Loading: 100%", "next"]);
});

it("waits for the rest of a line, and takes it at the end", () => {
  const { told, log } = read("one\ntwo and ", "more");
  expect(told).toEqual(["one"]);
  log.flush();
  expect(told).toEqual(["one", "two and more"]);
  log.flush();
  expect(told).toHaveLength(2);
});

it("keeps outputs apart", () => {
  const { log } = read("half a line");
  log.push("stderr", "an error\n");
  log.push("stdout", ", and the rest\n");
  expect(log.lines).toEqual(["an error", "half a line, and the rest"]);
});

it("takes colours out, wherever they are cut", () => {
  expect(read("\u001B[1;36m(APIServer pid=1)\u001B[0;0m IN", "FO\u001B[", "0m hello\u001B[K\n").lines).toEqual([
    "(APIServer pid=1) INFO hello",
  ]);
});

it("keeps a limited number of lines of limited length", () => {
  const { lines } = read(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(""), `${"x".repeat(100_000)}\n`);
  expect(lines).toHaveLength(4000);
  expect(lines[0]).toBe("line 1001");
  expect(lines.at(-1)).toHaveLength(2000);
  const { lines: endless } = read(...Array.from({ length: 100 }, () => "y".repeat(1000)), "\n");
  expect(endless[0]!.length).toBeLessThanOrEqual(2000);
});
