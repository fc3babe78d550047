import { createCanvas } from "@napi-rs/canvas";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pictureFacts } from "./picture-size.js";

const canvas = createCanvas(97, 41);

describe("pictureFacts", () => {
  it.each([
    ["image/png", canvas.toBuffer("image/png")],
    ["image/jpeg", canvas.toBuffer("image/jpeg")],
    ["image/webp", canvas.toBuffer("image/webp")],
    ["image/gif", Buffer.from("GIF89a\x61\x00\x29\x00", "latin1")],
  ])("reads %s by its bytes", (mediaType, bytes) => {
    expect(pictureFacts(bytes)).toEqual({ mediaType, width: 97, height: 41 });
  });

  it("gives nothing for what is cut off, and never throws", () => {
    for (const type of ["image/png", "image/jpeg"] as const) {
      const whole = type === "image/png" ? canvas.toBuffer(type) : canvas.toBuffer("image/jpeg");
      for (const end of [0, 1, 4, 12, 18]) expect(pictureFacts(whole.subarray(0, end))).toBeUndefined();
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom("", "\xff\xd8", "RIFFxxxxWEBP", "BM"),
        (bytes, start) => {
          pictureFacts(Buffer.concat([Buffer.from(start, "latin1"), bytes]));
        },
      ),
      { seed: 1 },
    );
  });
});
