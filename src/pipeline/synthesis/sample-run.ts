/** A sample as a run of the task's dataset: with its tags, and with all that tells where it came from. */
import { type KilnDataSource, type KilnMessage, type KilnRun, newRun } from "../projects/index.js";
import { guidanceText } from "./guidance.js";
import type { Sample, Session } from "./session.js";
import type { Origin, SampleOutput } from "./session-entries.js";
import { kilnPath } from "./topic-name.js";

/** Who made an input, as Kiln's files name what made it. */
const inputAdapter = "quern_inputs";
const outputAdapter = "quern";

/** @param tags all of them, in their order */
export function runOf(session: Session, sample: Sample, output: SampleOutput, tags: readonly string[]): KilnRun {
  const { settings } = session;
  const isStructured = session.task.task.output_json_schema !== null;
  const thoughts = {
    ...(output.chain_of_thought === undefined ? {} : { chain_of_thought: output.chain_of_thought }),
    ...(output.reasoning === undefined ? {} : { reasoning: output.reasoning }),
  };
  const { usage, verdict } = output;
  // The order of keys is Kiln's, which has it the other way round for the assistant.
  const asked = output.messages.map(({ role, content }): KilnMessage => ({ content, role }));
  const answer: KilnMessage = { role: "assistant", content: output.text };
  return newRun({
    id: sample.id,
    input: sample.input,
    input_source: sourceOf(sample.origin, inputAdapter, {
      topic_path: kilnPath(sample.topic),
      session: session.id,
      template: settings.template.name,
      guidance: guidanceText(settings, "inputs"),
    }),
    output: output.text,
    source: sourceOf(output.origin, outputAdapter, {
      prompt_id: output.prompt_id,
      structured_output_mode: isStructured ? "json_schema" : "default",
      temperature: output.temperature,
      top_p: output.top_p,
      session: session.id,
      goal: settings.goal,
      template: settings.template.name,
      guidance: guidanceText(settings, "outputs", sample.label),
      // A bad output must never pass for a good one, whatever the goal.
      label: settings.goal === "eval" || settings.fail_share > 0 || sample.label === "fail" ? sample.label : "",
      verdict: verdict?.verdict ?? "",
      verdict_reason: verdict?.reason ?? "",
      verdict_model: verdict?.model ?? "",
    }),
    tags: [...tags],
    intermediate_outputs: Object.keys(thoughts).length === 0 ? null : thoughts,
    usage:
      usage === undefined
        ? null
        : {
            input_tokens: usage.promptTokens,
            output_tokens: usage.completionTokens,
            total_tokens: usage.promptTokens + usage.completionTokens,
            cost: null,
            cached_tokens: usage.cachedTokens,
            total_llm_latency_ms: null,
          },
    trace: asked.length === 0 ? null : [...asked, answer],
  });
}

/** Properties that say nothing are left out: Kiln takes no empty texts. */
function sourceOf(
  { model, provider, seed, prompt, by }: Origin,
  adapter: string,
  more: Record<string, string | number>,
): KilnDataSource {
  const own: Record<string, string | number> =
    model === undefined
      ? { created_by: by ?? "unknown" }
      : { model_name: model, model_provider: provider ?? "quern", adapter_name: adapter };
  const all = { ...own, ...more, ...(seed === undefined ? {} : { seed }), ...(prompt === undefined ? {} : { prompt }) };
  return {
    type: model === undefined ? "human" : "synthetic",
    // A person has no prompt: Kiln refuses its properties there.
    properties: Object.fromEntries(
      Object.entries(all).filter(
        ([name, value]) => value !== "" && (model !== undefined || !name.startsWith("prompt")),
      ),
    ),
    run_config_id: null,
    run_config: null,
  };
}
