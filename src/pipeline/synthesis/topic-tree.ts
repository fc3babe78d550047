/** The topics of a dataset: a tree in which no topic stands twice, wherever it is. */
import { InputError } from "../../errors.js";
import { KeptQuestions, sameQuestion } from "../create/similar.js";
import { cleanTopic, pathText } from "./topic-name.js";

export interface TopicNode {
  readonly name: string;
  /** From the first level down to this topic; empty for the root. */
  readonly path: readonly string[];
  readonly children: TopicNode[];
}

/** Topics whose sets of five characters are this alike are the same topic in other words. */
const sameTopic = 0.75;

export class TopicTree {
  readonly root: TopicNode = { name: "", path: [], children: [] };
  private kept = new KeptQuestions(sameTopic);
  private readonly byPath = new Map<string, TopicNode>([["", this.root]]);

  /** Topics in the tree, the root not among them. */
  get size(): number {
    return this.byPath.size - 1;
  }

  /** @returns the topic at a path; undefined where there is none. Case, spaces and punctuation do not matter */
  find(path: readonly string[]): TopicNode | undefined {
    return this.byPath.get(keyOf(path));
  }

  /** @throws {InputError} naming the topics there are */
  get(path: readonly string[]): TopicNode {
    const node = this.find(path);
    if (node !== undefined) return node;
    const parent = path.length > 1 ? this.find(path.slice(0, -1)) : this.root;
    const names = (parent ?? this.root).children.map(({ name }) => name);
    throw new InputError(`there is no topic "${pathText(path)}"`, {
      remedy: names.length === 0 ? "there are no topics yet" : `there are ${names.slice(0, 12).join("; ")}`,
    });
  }

  /**
   * Adds a topic below another unless it is anywhere in the tree already, in these or nearly these words.
   * @param byHand only an equal name under the same topic counts as being there: people know what they want
   * @returns the topic; `unusable`: nothing is left of the name; `known`: it is there
   */
  add(parent: TopicNode, text: string, byHand = false): TopicNode | "unusable" | "known" {
    const name = cleanTopic(text);
    if (name === undefined) return "unusable";
    const path = [...parent.path, name];
    const key = keyOf(path);
    if (this.byPath.has(key)) return "known";
    const isNew = this.kept.add(name);
    if (!isNew && !byHand) return "known";
    const node: TopicNode = { name, path, children: [] };
    parent.children.push(node);
    this.byPath.set(key, node);
    return node;
  }

  /** Adds a path with all topics above it that are missing. */
  addPath(path: readonly string[]): TopicNode | "unusable" {
    let node = this.root;
    for (const name of path) {
      const known = this.find([...node.path, name]);
      const added = known ?? this.add(node, name, true);
      if (added === "unusable") return added;
      node = added === "known" ? this.get([...node.path, name]) : added;
    }
    return node;
  }

  /** Takes a topic out with all that is below it. */
  remove(node: TopicNode): void {
    const parent = this.get(node.path.slice(0, -1));
    parent.children.splice(parent.children.indexOf(node), 1);
    this.rebuild();
  }

  /** Gives a topic another name; what is below it moves with it. */
  rename(node: TopicNode, name: string): void {
    const parent = this.get(node.path.slice(0, -1));
    parent.children.splice(parent.children.indexOf(node), 1, withPath(node, [...parent.path, name]));
    this.rebuild();
  }

  /** All topics, each before those below it. */
  *walk(from: TopicNode = this.root): Generator<TopicNode, void, undefined> {
    for (const child of from.children) {
      yield child;
      yield* this.walk(child);
    }
  }

  /** Topics without any below them; the root where there is none. */
  leaves(from: TopicNode = this.root): TopicNode[] {
    if (from.children.length === 0) return [from];
    return from.children.flatMap((child) => this.leaves(child));
  }

  private rebuild(): void {
    this.kept = new KeptQuestions(sameTopic);
    this.byPath.clear();
    this.byPath.set("", this.root);
    for (const node of this.walk()) {
      this.byPath.set(keyOf(node.path), node);
      this.kept.add(node.name);
    }
  }
}

function withPath(node: TopicNode, path: readonly string[]): TopicNode {
  return {
    name: path.at(-1)!,
    path,
    children: node.children.map((child) => withPath(child, [...path, child.name])),
  };
}

function keyOf(path: readonly string[]): string {
  return path.map(sameQuestion).join("\n");
}
