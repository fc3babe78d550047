/** Topics as plain text: a line each, those below another indented under it. */
import { InputError } from "../../errors.js";
import { cleanTopic, mostTopicCharacters } from "./topic-name.js";
import type { TopicTree } from "./topic-tree.js";

const indent = "  ";
/** A tab counts as so many spaces. */
const tabWidth = 4;

/** @returns the whole tree, with a line's end behind each line; empty for an empty tree */
export function topicText(tree: TopicTree): string {
  let text = "";
  for (const { name, path } of tree.walk()) text += `${indent.repeat(path.length - 1)}${name}\n`;
  return text;
}

/**
 * Reads topics from indented lines. Spaces or tabs, however many for a level; bullets and numbering before a name are
 * left out, blank lines and lines that begin with `#` and a space are passed over.
 * @param file for messages
 * @returns the path of each topic, in the order of the lines
 * @throws {InputError} naming the line whose indentation fits no topic above it, or that holds no name
 */
export function parseTopicText(text: string, file: string): string[][] {
  const open: { indent: number; name: string }[] = [];
  const paths: string[][] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|[\n\r\u2028\u2029]/);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "" || /^\s*#\s/.test(line)) continue;
    const lead = /^[\s\u00A0]*/.exec(line)![0].replaceAll("\t", " ".repeat(tabWidth)).length;
    const name = cleanTopic(line);
    if (name === undefined)
      throw new InputError(`${file}: line ${i + 1} holds no topic`, {
        remedy: `write a name of up to ${mostTopicCharacters} characters`,
      });
    let isLeft = false;
    while ((open.at(-1)?.indent ?? -1) > lead) {
      open.pop();
      isLeft = true;
    }
    if (open.at(-1)?.indent === lead) open.pop();
    // Further left than one topic and further right than the one above it: neither beside nor below.
    else if (isLeft)
      throw new InputError(`${file}: line ${i + 1} is indented like no line above it`, {
        remedy: "indent it like a topic beside it, or more than the one it belongs to",
      });
    open.push({ indent: lead, name });
    paths.push(open.map((one) => one.name));
  }
  return paths;
}
