/** Looks whether an output is what it was meant to be: good, or with the fault that an evaluation looks for. */
import type { Outcome } from "../engine/engine.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import type { Sample } from "./session.js";
import type { Synthesis } from "./synthesis.js";
import { taskText } from "./task-prompt/index.js";
import type { Label } from "./types.js";

export interface Verdict {
  reason: string;
  verdict: Label;
}

/** Samples are finished before new ones are begun. */
const judgePriority = 3;
const mostReasonCharacters = 300;
const answerTokens = 200;

/** The reason first, so that the verdict follows from it. */
const verdictSchema = {
  type: "object",
  properties: {
    reason: { type: "string", minLength: 1, maxLength: mostReasonCharacters },
    verdict: { type: "string", enum: ["pass", "fail"] },
  },
  required: ["reason", "verdict"],
  additionalProperties: false,
} as const;

/** Where a template says nothing of what is good. */
const anyCriterion =
  "Pass: the output does all that the task and its requirements ask, and nothing in it is wrong. Fail: anything else.";

export class SampleJudge {
  private readonly prompt: Prompt;
  private readonly task: string;
  private readonly criterion: string;

  /** @throws {ConfigError} when the prompt lacks a placeholder that it needs */
  constructor(private readonly run: Synthesis) {
    const { config, session } = run;
    this.prompt = compilePrompt("sample_check", config.prompts.sample_check);
    this.task = taskText(session.task.task);
    const { criterion } = session.settings.template;
    this.criterion = criterion.trim() === "" ? anyCriterion : criterion.trim();
  }

  /**
   * @param attempt tells outputs of the same input apart
   * @returns the verdict, or why there is none
   */
  async look(sample: Sample, output: string, attempt: number): Promise<Outcome<Verdict>> {
    const { run, prompt, task, criterion } = this;
    const answers = await run.session.journal();
    return await run.engine.run(
      () => ({
        messages: [
          {
            role: "user" as const,
            content: prompt.render({ task, criterion, input: sample.input, output }).trimEnd(),
          },
        ],
        schema: verdictSchema,
        maxTokens: answerTokens,
        temperature: run.config.synthesis.judge_temperature,
        topP: run.config.generation.top_p,
        seedKey: [prompt.version, sample.id, attempt].join(":"),
        accept: (answer) => answer as Verdict,
        answers,
      }),
      judgePriority,
    );
  }
}
