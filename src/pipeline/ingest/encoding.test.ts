import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../errors.js";
import { decode } from "./encoding.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const utf16be = (text: string): Uint8Array => Buffer.from(text, "utf16le").swap16();

describe("decode", () => {
  test("reads UTF-8 without a warning", async () => {
    expect(await decode(Buffer.from("Grüße, 世界"), "a.txt")).toEqual({
      text: "Grüße, 世界",
      encoding: "utf-8",
      warnings: [],
    });
  });

  test.each([
    ["UTF-8", Buffer.from("\ufeffé"), "utf-8"],
    ["UTF-16 little endian", Buffer.from("\ufeffé", "utf16le"), "utf-16le"],
    ["UTF-16 big endian", utf16be("\ufeffé"), "utf-16be"],
  ])("reads the byte order mark of %s and removes it", async (_name, input, encoding) => {
    expect(await decode(input, "a.txt")).toEqual({ text: "é", encoding, warnings: [] });
  });

  test.each([
    ["utf-16le", Buffer.from("Hello Wörld, without a mark", "utf16le")],
    ["utf-16be", utf16be("Hello Wörld, without a mark")],
  ])("recognises %s without a mark", async (encoding, input) => {
    const decoded = await decode(input, "a.txt");
    expect(decoded.text).toBe("Hello Wörld, without a mark");
    expect(decoded.warnings).toEqual([`the encoding is not stated: read as ${encoding}`]);
  });

  test("guesses a legacy encoding and says so", async () => {
    const decoded = await decode(latin1("Die Größe der Straße überrascht, weil sie schön ist."), "a.txt");
    expect(decoded.text).toBe("Die Größe der Straße überrascht, weil sie schön ist.");
    expect(decoded.warnings).toEqual(["the encoding is not stated: read as windows-1252"]);
  });

  test("guesses Japanese and Russian", async () => {
    const japanese = "93fa967b8cea82cc95b68fcd82c582b781428e8e8cb18374834083438b8b82c582b78142";
    expect((await decode(Buffer.from(japanese, "hex"), "a.txt")).encoding).toBe("shift_jis");
    const russian = "ddf2ee20f0f3f1f1eae8e920f2e5eaf1f220e220f1f2e0f0eee920eaeee4e8f0eee2eae52e";
    expect((await decode(Buffer.from(russian, "hex"), "a.txt")).text).toBe("Это русский текст в старой кодировке.");
  });

  test("follows a declared encoding", async () => {
    const decoded = await decode(bytes(0xbf, 0xf3, 0xb3, 0x77), "a.html", "iso-8859-2");
    expect(decoded).toEqual({ text: "żółw", encoding: "iso-8859-2", warnings: [] });
  });

  test("does not follow a declaration that the bytes contradict", async () => {
    expect((await decode(latin1("Die Größe der Straße überrascht."), "a.html", "utf-8")).encoding).toBe("windows-1252");
    expect((await decode(Buffer.from("plain"), "a.html", "no-such-encoding")).text).toBe("plain");
  });

  test("keeps UTF-8 with one bad byte as UTF-8 and counts what is lost", async () => {
    const decoded = await decode(Buffer.concat([Buffer.from("日本語の文章です。長い文章。"), bytes(0xff)]), "a.txt");
    expect(decoded.text).toBe("日本語の文章です。長い文章。\ufffd");
    expect(decoded.warnings[1]).toBe("1 characters are unreadable in utf-8 and stand as U+FFFD");
  });

  test("normalises line ends and removes control characters", async () => {
    expect((await decode(Buffer.from(`a\r\nb\rc\fd${"x".repeat(200)}\u0007`), "a.txt")).text).toBe(
      `a\nb\nc\nd${"x".repeat(200)}`,
    );
  });

  test("replaces unpaired surrogates", async () => {
    expect((await decode(Buffer.from("\ufeffabc\ud800def", "utf16le"), "a.txt")).text).toBe("abc\ufffddef");
  });

  test("refuses binary data and says what it looks like", async () => {
    const zip = Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(64), bytes(1, 2, 3, 0xff, 0xfe)]);
    await expect(decode(zip, "a.txt")).rejects.toThrow("a.txt: it holds binary data, not text (it looks like a zip");
    await expect(
      decode(
        Uint8Array.from({ length: 512 }, (_, index) => index % 256),
        "a.txt",
      ),
    ).rejects.toThrow(InputError);
  });

  test("never throws anything but InputError, and always returns well-formed text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.option(fc.string()), async (input, label) => {
        try {
          const { text } = await decode(input, "a.txt", label ?? undefined);
          expect(text).not.toMatch(/\p{Surrogate}|\r|\0/u);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("gives back any text written as UTF-8, apart from what is cleaned", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect((await decode(Buffer.from(text), "a.txt")).text).toBe(text);
      }),
    );
  });
});
