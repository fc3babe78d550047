/** What `quern review` does: on a terminal a review, otherwise what its flags say. */
import { UsageError } from "../../../errors.js";
import type { ReviewFlags } from "../../review.js";
import { changeAction } from "./changes.js";
import { interactiveAction } from "./interactive.js";
import { listAction } from "./list.js";
import { repairAllAction, repairAction } from "./repairs.js";

/** What can be asked for without a screen; one at a time. */
const kinds: readonly {
  flags: readonly (keyof ReviewFlags)[];
  run: (task: string, flags: ReviewFlags) => Promise<void>;
}[] = [
  { flags: ["list"], run: listAction },
  { flags: ["rate", "pass", "fail", "requirement"], run: changeAction },
  { flags: ["tagAdd", "tagRemove"], run: changeAction },
  { flags: ["delete"], run: changeAction },
  { flags: ["deleteAll"], run: changeAction },
  { flags: ["edit"], run: changeAction },
  { flags: ["feedback"], run: changeAction },
  { flags: ["removeRepair"], run: changeAction },
  { flags: ["repair"], run: repairAction },
  { flags: ["repairAll"], run: repairAllAction },
];

/** Flags that say more of another, with those that they go with. */
const companions: readonly { flag: keyof ReviewFlags; of: readonly (keyof ReviewFlags)[] }[] = [
  { flag: "output", of: ["edit", "repair"] },
  { flag: "id", of: ["requirement", "tagAdd", "tagRemove", "list", "repairAll"] },
  { flag: "again", of: ["repairAll"] },
  { flag: "yes", of: ["deleteAll"] },
  { flag: "limit", of: ["list"] },
  { flag: "preview", of: ["repair", "repairAll", "deleteAll", "tagAdd", "tagRemove"] },
];

const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export async function reviewAction(task: string, flags: ReviewFlags): Promise<void> {
  const given = (name: keyof ReviewFlags) => flags[name] !== undefined && flags[name] !== false;
  const wanted = kinds.filter((kind) => kind.flags.some(given));
  const [only] = wanted;
  if (wanted.length > 1) {
    const names = wanted.map((kind) => dashed(kind.flags.find(given)!));
    throw new UsageError(`${names.join(" and ")} exclude each other`, { remedy: "run one command for each" });
  }
  for (const { flag, of } of companions)
    if (given(flag) && !of.some(given))
      throw new UsageError(`${dashed(flag)} goes with ${of.map(dashed).join(", ")}`, {
        remedy: "add it, or leave it out",
      });
  if (only !== undefined) {
    await only.run(task, flags);
    return;
  }
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || env["TERM"] === "dumb")
    throw new UsageError(
      `quern review needs a terminal, and ${!stdin.isTTY ? "its input" : !stdout.isTTY ? "its output" : "TERM=dumb"} is none that it can use`,
      {
        remedy: `without one use --list, --rate ID=4, --pass ID, --fail ID, --requirement NAME=4 --id ID, --tag-add TAG, --tag-remove TAG, --edit ID --output FILE, --repair ID "instruction", --repair-all "instruction", --feedback ID "text" or --delete ID`,
      },
    );
  await interactiveAction(task, flags);
}
