/**
 * Tells for tests whether a text matches a grammar in GBNF, and makes random texts that do.
 */

import { Parser, type Chars, type Node, type Repeat } from "./parser.js";

/** Open choices of a match: what is still to come, as a linked list. */
interface Rest {
  readonly node: Node;
  readonly then: Rest | undefined;
  readonly id: number;
}

export class Matcher {
  readonly #rules = new Map<string, Node>();
  readonly #rests = new Map<string, Rest>();
  readonly #nodeIds = new Map<Node, number>();
  readonly #depths = new Map<string, number>();

  constructor(grammar: string) {
    const parser = new Parser(grammar);
    for (const [name, node] of parser.rules()) {
      if (this.#rules.has(name)) throw new Error(`rule ${name} is defined twice`);
      this.#rules.set(name, node);
    }
    for (const name of parser.references) if (!this.#rules.has(name)) throw new Error(`rule ${name} is not defined`);
    if (!this.#rules.has("root")) throw new Error("there is no root");
    this.#measure();
  }

  get size(): number {
    return this.#rules.size;
  }

  /** Whether the whole text matches. */
  accepts(text: string): boolean {
    let states = this.#settle([this.#rest({ kind: "rule", name: "root" }, undefined)]);
    for (const char of text) {
      const code = char.codePointAt(0)!;
      const next: (Rest | undefined)[] = [];
      for (const state of states) {
        if (state?.node.kind === "chars" && matches(state.node, code)) next.push(state.then);
      }
      if (next.length === 0) return false;
      states = this.#settle(next);
    }
    return states.has(undefined);
  }

  /** A random text that matches, mostly short. `random` gives numbers from 0 to 1, without 1. */
  generate(random: () => number, size = 60): string {
    let out = "";
    let left = size;
    const emit = (node: Node): void => {
      switch (node.kind) {
        case "chars":
          left--;
          out += String.fromCodePoint(pick(node, random));
          return;
        case "seq":
          for (const item of node.items) emit(item);
          return;
        case "alt": {
          const depths = node.items.map((item) => this.#depth(item));
          const least = Math.min(...depths);
          const open =
            left > 0
              ? node.items.filter((_, n) => depths[n]! < Infinity)
              : node.items.filter((_, n) => depths[n] === least);
          emit(open[Math.floor(random() * open.length)]!);
          return;
        }
        case "repeat": {
          for (let n = 0; n < node.min; n++) emit(node.item);
          // Sometimes right up to the limit, where mistakes are.
          if (node.max <= 50 && left > 0 && random() < 0.15) {
            for (let n = node.min; n < node.max; n++) emit(node.item);
            return;
          }
          if (this.#depth(node.item) === Infinity) return;
          for (let n = node.min; n < node.max && left > 0 && random() < 0.7; n++) emit(node.item);
          return;
        }
        case "rule":
          emit(this.#rules.get(node.name)!);
      }
    };
    emit({ kind: "rule", name: "root" });
    return out;
  }

  #settle(states: readonly (Rest | undefined)[]): Set<Rest | undefined> {
    const settled = new Set<Rest | undefined>();
    const seen = new Set<Rest | undefined>();
    const open = [...states];
    while (open.length > 0) {
      const state = open.pop();
      if (seen.has(state)) continue;
      seen.add(state);
      if (!state || state.node.kind === "chars") {
        settled.add(state);
        continue;
      }
      const { node, then } = state;
      if (node.kind === "rule") open.push(this.#rest(this.#rules.get(node.name)!, then));
      else if (node.kind === "alt") for (const item of node.items) open.push(this.#rest(item, then));
      else if (node.kind === "seq")
        open.push(node.items.reduceRight<Rest | undefined>((rest, item) => this.#rest(item, rest), then));
      else this.#expandRepeat(node, then, open);
    }
    return settled;
  }

  #expandRepeat(node: Repeat, then: Rest | undefined, open: (Rest | undefined)[]): void {
    if (node.min === 0) open.push(then);
    if (node.max === 0) return;
    const fewer = this.#fewer(node);
    open.push(this.#rest(node.item, fewer.max === 0 ? then : this.#rest(fewer, then)));
  }

  readonly #fewerOf = new Map<Node, Repeat>();

  #fewer(node: Repeat): Repeat {
    let fewer = this.#fewerOf.get(node);
    if (!fewer) {
      if (node.min === 0 && node.max === Infinity) fewer = node;
      else fewer = { ...node, min: Math.max(0, node.min - 1), max: node.max - 1 };
      this.#fewerOf.set(node, fewer);
    }
    return fewer;
  }

  #rest(node: Node, then: Rest | undefined): Rest {
    let id = this.#nodeIds.get(node);
    if (id === undefined) this.#nodeIds.set(node, (id = this.#nodeIds.size));
    const key = node.kind === "rule" ? `${node.name} ${then?.id ?? -1}` : `${id} ${then?.id ?? -1}`;
    let rest = this.#rests.get(key);
    if (!rest) this.#rests.set(key, (rest = { node, then, id: this.#rests.size }));
    return rest;
  }

  /** How deep rules nest at least until a text ends. */
  #measure(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, node] of this.#rules) {
        const depth = this.#depth(node) + 1;
        if (depth < (this.#depths.get(name) ?? Infinity)) {
          this.#depths.set(name, depth);
          changed = true;
        }
      }
    }
    const endless = [...this.#rules.keys()].filter((name) => !this.#depths.has(name));
    if (endless.length > 0) throw new Error(`no text ends in ${endless.join(", ")}`);
  }

  #depth(node: Node): number {
    if (node.kind === "chars") return 0;
    if (node.kind === "rule") return this.#depths.get(node.name) ?? Infinity;
    if (node.kind === "repeat") return node.min === 0 ? 0 : this.#depth(node.item);
    const depths = node.items.map((item) => this.#depth(item));
    return node.kind === "seq" ? Math.max(0, ...depths) : Math.min(...depths);
  }
}

function matches(node: Chars, code: number): boolean {
  return node.ranges.some(([low, high]) => low <= code && code <= high) !== node.negated;
}

/** A character of the class: of each range as often as of any other, plain letters more often in large ranges. */
function pick(node: Chars, random: () => number): number {
  if (node.negated) throw new Error("negated classes are not used");
  const [low, high] = node.ranges[Math.floor(random() * node.ranges.length)]!;
  const span = random() < 0.7 ? Math.min(high, Math.max(low, 0x7f)) : high;
  return low + Math.floor(random() * (span - low + 1));
}
