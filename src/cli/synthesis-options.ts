/** Options of the commands that make data from a task. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { goals } from "../pipeline/synthesis/types.js";
import { atLeastOne, type CommonOptions, type ModelOptions } from "./options.js";

export interface SessionOptions {
  session?: string;
  new?: boolean;
}

export interface GoalOptions {
  goal?: (typeof goals)[number];
  template?: string;
  field?: [string, string][];
  tag?: string[];
  split?: string[];
  failShare?: number;
  judge?: boolean;
  dataGuide?: boolean;
}

export interface GuidanceOptions {
  guidance?: string;
  topicsGuidance?: string;
  inputsGuidance?: string;
  outputsGuidance?: string;
}

export interface SynthesisFlags extends CommonOptions, ModelOptions, SessionOptions, GoalOptions, GuidanceOptions {
  prompt?: string;
  preview?: boolean;
}

const collect = <T>(value: T, list: T[] | undefined): T[] => [...(list ?? []), value];

function field(text: string, list: [string, string][] | undefined): [string, string][] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError('it must be a name and a value: issue="..."');
  return collect([text.slice(0, at).trim(), text.slice(at + 1)], list);
}

function share(text: string): number {
  const value = text.trim().endsWith("%") ? Number(text.trim().slice(0, -1)) / 100 : Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0 || value > 1)
    throw new InvalidArgumentError("it must be a share from 0 to 1, or for example 40%.");
  return value;
}

/** Numbers of topics: one, or one for each level. */
export function topicCounts(text: string): number[] {
  return text.split(",").map((part) => {
    const count = atLeastOne(part);
    if (count > 1000) throw new InvalidArgumentError("it must be at most 1000.");
    return count;
  });
}

export function addSessionOptions(command: Command): Command {
  return command
    .option("--session <id>", "the session to go on with (default: the last that is not finished)")
    .option("--new", "begin a new session");
}

/** What the data is for, and what it is tagged with. */
export function addGoalOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--goal <goal>",
        "what the data is for (default: the first goal of --template, else fine-tune)",
      ).choices(goals),
    )
    .option("--template <name>", "what the model is told at each stage: quern templates list, or a file of your own")
    .option(
      "--field <name=value>",
      'what the template asks for: issue="..."; can be repeated; issue=@file reads a file, issue=@- stdin',
      field,
    )
    .option("--tag <tag>", "a tag for all samples; can be repeated", (tag: string, list?: string[]) =>
      collect(tag, list),
    )
    .option(
      "--split <shares>",
      "tags of which each sample gets one: eval_data=80,golden_data=20",
      (text: string, list?: string[]) => collect(text, list),
    )
    .option(
      "--fail-share <share>",
      "share of samples that are meant to fail (default with --goal eval: the template's)",
      share,
    )
    .option("--judge", "let the model check that each sample is what it was meant to be (default with --goal eval)")
    .option("--no-judge", "save samples unchecked")
    .option("--no-data-guide", "leave the task's guide to its inputs out");
}

/** @param stages of which guidance can be given apart from that of all */
export function addGuidanceOptions(command: Command, stages: readonly ("topics" | "inputs" | "outputs")[]): Command {
  command.option("--guidance <text>", "what you want beside the template; @file reads a file, @- stdin");
  if (stages.length > 1)
    for (const stage of stages) command.option(`--${stage}-guidance <text>`, `the same for ${stage} alone`);
  return command;
}
