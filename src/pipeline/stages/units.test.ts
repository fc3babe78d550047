import { describe, expect, it } from "vitest";
import type { Document } from "../document.js";
import { Gate } from "../engine/gate.js";
import { gated, unitsOf } from "./units.js";

const documentOf = (source: string, row?: number): Document => ({
  text: `${source} ${row ?? ""}`,
  sections: [],
  mediaType: "text/plain",
  stem: source,
  source,
  hash: source,
  ...(row === undefined ? {} : { row }),
});

async function* stream(documents: readonly Document[], read: string[] = []): AsyncGenerator<Document> {
  for (const document of documents) {
    await Promise.resolve();
    read.push(document.text);
    yield document;
  }
}

const mixed = [
  documentOf("a"),
  ...[1, 2, 3].map((row) => documentOf("t", row)),
  ...[1, 2].map((row) => documentOf("u", row)),
  documentOf("b"),
];

describe("unitsOf", () => {
  it("gives documents one by one and the rows of a source together", async () => {
    const seen: string[] = [];
    const slots = new Gate(() => 2);
    for await (const unit of unitsOf(gated(stream(mixed), slots))) {
      if (unit.kind === "one") {
        seen.push(unit.held.document.source);
        unit.held.release();
      } else {
        const rows: number[] = [];
        const work = (async () => {
          for await (const held of unit.rows()) {
            rows.push(held.document.row!);
            held.release();
          }
          unit.leave();
        })();
        await work;
        seen.push(`${unit.first.document.source} ${rows.join()}`);
      }
    }
    expect(seen).toEqual(["a", "t 1,2,3", "u 1,2", "b"]);
  });

  it("passes over the rows that nobody takes, and gives their places back", async () => {
    const seen: string[] = [];
    const slots = new Gate(() => 1);
    for await (const unit of unitsOf(gated(stream(mixed), slots))) {
      if (unit.kind === "one") {
        seen.push(unit.held.document.source);
        unit.held.release();
      } else {
        seen.push(unit.first.document.source);
        unit.leave();
      }
    }
    expect(seen).toEqual(["a", "t", "u", "b"]);
  });

  it("reads no more documents than have a place", async () => {
    const read: string[] = [];
    const many = Array.from({ length: 50 }, (_, i) => documentOf("t", i + 1));
    const iterator = unitsOf(gated(stream(many, read), new Gate(() => 3)));
    const unit = (await iterator.next()).value!;
    if (unit.kind !== "rows") throw new Error("rows expected");
    const rows = unit.rows();
    await rows.next();
    await rows.next();
    await rows.next();
    void rows.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toHaveLength(3);
  });
});
