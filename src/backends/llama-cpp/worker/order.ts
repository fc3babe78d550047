import type { BatchItem, PrioritizedBatchItem } from "node-llama-cpp";

/**
 * Puts the sequences into the batch in ascending order of their ids, which each item carries as its priority. The KV
 * cache is divided by sequence, and llama.cpp evaluates in one pass only sequences whose ids ascend by one; in the
 * library's own order one step falls apart into many.
 */
export function bySequence({ items, size }: { items: readonly BatchItem[]; size: number }): PrioritizedBatchItem[] {
  let left = size;
  const ordered: PrioritizedBatchItem[] = [];
  for (const item of [...items].sort((a, b) => a.evaluationPriority - b.evaluationPriority)) {
    if (left === 0) break;
    const processAmount = Math.min(item.tokens.length, left);
    left -= processAmount;
    ordered.push({ item, processAmount });
  }
  return ordered;
}
