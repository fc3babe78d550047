/** Which server has seen which beginnings of prompts, so that a prompt goes where its beginning is still cached. */
import { createHash } from "node:crypto";
import type { ChatMessage, MessageImage } from "../backend.js";

/** Characters; as vLLM's own router cuts them. */
const pieceLength = 128;
/** Longer prompts are told apart long before this. */
const maxPieces = 256;
/** Beginnings remembered for each server. */
const capacity = 50_000;

/** One hash for each beginning of the messages that is a whole number of pieces long, shortest first. */
export function prefixesOf(messages: readonly ChatMessage[]): string[] {
  const text = messages
    .map(({ role, content, images = [] }) => `${role}\0${images.map(digest).join("")}${content}`)
    .join("\0");
  const hash = createHash("sha1");
  const prefixes: string[] = [];
  for (let at = 0; at < text.length && prefixes.length < maxPieces; at += pieceLength) {
    hash.update(text.slice(at, at + pieceLength));
    prefixes.push(hash.copy().digest("base64").slice(0, 12));
  }
  return prefixes;
}

/** Pictures come before the text, so they are a part of its beginning. */
function digest({ bytes }: MessageImage): string {
  return createHash("sha1").update(bytes).digest("base64");
}

export class PrefixMemory {
  /** In order of use: a Set keeps the order of insertion. */
  private readonly seen = new Set<string>();

  /** How much of a prompt is known, 0 to 1. */
  hit(prefixes: readonly string[]): number {
    // Long beginnings are known only where shorter ones are, but those may have been forgotten first.
    for (let count = prefixes.length; count > 0; count--)
      if (this.seen.has(prefixes[count - 1]!)) return count / prefixes.length;
    return 0;
  }

  add(prefixes: readonly string[]): void {
    for (const prefix of prefixes) {
      this.seen.delete(prefix);
      this.seen.add(prefix);
    }
    for (const oldest of this.seen) {
      if (this.seen.size <= capacity) break;
      this.seen.delete(oldest);
    }
  }

  clear(): void {
    this.seen.clear();
  }
}
