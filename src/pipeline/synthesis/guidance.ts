/** What the model is told beside the task: the goal, the template's text, the user's guidance, what real inputs are like. */
import type { SessionSettings } from "./settings.js";
import type { Goal, Label, StageName } from "./types.js";

const purposes: Readonly<Record<Goal, string>> = {
  "fine-tune": "The data is for training a model to do the task well.",
  eval: "The data is for evaluating how well a model does the task: good and bad cases are both needed.",
};

/**
 * @param label of the output that is wanted, at the stage of outputs
 * @returns paragraphs, those that count more last; empty at the stage of outputs where nothing is to be said
 */
export function guidanceText(settings: SessionSettings, stage: StageName, label: Label = "pass"): string {
  const { template, guidance, data_guide, goal } = settings;
  const ofTemplate = stage === "outputs" ? template[`outputs_${label}`] : template[stage];
  const parts: string[] = stage === "outputs" ? [] : [purposes[goal]];
  if (data_guide !== "" && stage !== "outputs") parts.push(`What real inputs are like:\n${data_guide.trim()}`);
  if (ofTemplate.trim() !== "") parts.push(ofTemplate.trim());
  if (guidance[stage].trim() !== "")
    parts.push(`The person who wants the data says, and this goes before all else:\n${guidance[stage].trim()}`);
  return parts.join("\n\n");
}
