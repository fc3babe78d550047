import { UsageError } from "../../../errors.js";
import { unsavedSample } from "../../../pipeline/synthesis/edit.js";
import { generateOutputs } from "../../../pipeline/synthesis/generate.js";
import { parsePath } from "../../../pipeline/synthesis/topic-name.js";
import { modelFlags } from "../../options.js";
import type { OutputsFlags } from "../../outputs.js";
import { runCommand } from "../../session.js";
import { openSession } from "./session.js";

export async function outputsAction(given: string, flags: OutputsFlags): Promise<void> {
  if (flags.sample !== undefined && flags.under !== undefined)
    throw new UsageError("--sample and --under exclude each other", { remedy: "leave one of them out" });
  await runCommand("outputs", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    await using session = await openSession(given, flags, "outputs", false, reporter);
    const samples =
      flags.sample?.map((id) => unsavedSample(session, id)) ??
      session.under(session.topics.get(parsePath(flags.under ?? "")));
    if (flags.again === true)
      for (const { id, output, saved } of samples)
        if (output !== undefined && !saved) await session.write({ output_removed: id });
    const result = await withBackend((backend) =>
      generateOutputs({ backend, config, session, observer: reporter, signal }, { each: flags.each }, samples),
    );
    return { result, extra: { session: session.id } };
  });
}
