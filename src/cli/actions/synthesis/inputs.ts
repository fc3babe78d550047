import { generateInputs } from "../../../pipeline/synthesis/generate.js";
import { parsePath } from "../../../pipeline/synthesis/topic-name.js";
import type { InputsFlags } from "../../inputs.js";
import { modelFlags } from "../../options.js";
import { runCommand } from "../../session.js";
import { openSession } from "./session.js";

export async function inputsAction(given: string, flags: InputsFlags): Promise<void> {
  await runCommand("inputs", flags, modelFlags(flags), async ({ config, reporter, signal, withBackend }) => {
    await using session = await openSession(given, flags, "inputs", true, reporter);
    const under = parsePath(flags.under ?? "");
    session.topics.get(under);
    const result = await withBackend((backend) =>
      generateInputs(
        { backend, config, session, observer: reporter, signal },
        { count: flags.inputs ?? config.synthesis.inputs },
        under,
        flags.only === true,
      ),
    );
    return { result, extra: { session: session.id } };
  });
}
