/** What macOS tells of the machine. */
import type { Notes } from "./notes.js";
import type { System } from "./system.js";

export type Sysctl = ReadonlyMap<string, string>;

const keys = [
  "machdep.cpu.brand_string",
  "machdep.cpu.features",
  "machdep.cpu.leaf7_features",
  "hw.physicalcpu",
  "hw.perflevel0.physicalcpu",
  "hw.memsize",
  "hw.optional.AdvSIMD",
  "hw.optional.neon",
  "hw.optional.arm.FEAT_DotProd",
  "hw.optional.arm.FEAT_I8MM",
  "iogpu.wired_limit_mb",
];

const asked = new WeakMap<System, Promise<Sysctl>>();

/**
 * Values by key; those this Mac does not have are left out, and all of them where sysctl does not answer.
 * It is started once for each probe.
 */
export function readSysctl(system: System, notes: Notes, timeoutMs: number): Promise<Sysctl> {
  const answer = asked.get(system) ?? ask(system, notes, timeoutMs);
  asked.set(system, answer);
  return answer;
}

async function ask(system: System, notes: Notes, timeoutMs: number): Promise<Sysctl> {
  // It ends with an error when one of the keys is not there, and tells the others all the same.
  const ran = await system.run("/usr/sbin/sysctl", keys, { timeoutMs });
  if (ran.ending !== "done" && ran.ending !== "failed") notes.problem(`sysctl did not answer: ${ran.detail}`);
  return parseSysctl(ran.stdout);
}

/** @param text lines of `hw.memsize: 17179869184` */
export function parseSysctl(text: string): Sysctl {
  return new Map(
    text.split("\n").flatMap((line) => {
      const match = /^([\w.]+): (.*)$/.exec(line.trimEnd());
      return match === null ? [] : [[match[1]!, match[2]!] as const];
    }),
  );
}
