import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { InputError, UsageError } from "../../errors.js";
import { textFlag } from "./text-flag.js";

async function file(content: string | Uint8Array): Promise<string> {
  const name = path.join(await mkdtemp(path.join(os.tmpdir(), "quern-flag-")), "text.md");
  await writeFile(name, content);
  return `@${name}`;
}

describe("a text of a flag", () => {
  it("is taken as given, or from a file in any common encoding", async () => {
    expect(await textFlag("--guidance", undefined)).toBeUndefined();
    expect(await textFlag("--guidance", " a\r\nb ")).toBe("a\nb");
    expect(await textFlag("--guidance", "")).toBe("");
    expect(await textFlag("--guidance", await file("\uFEFFGrüße\r\n\r\nzwei\n"))).toBe("Grüße\n\nzwei");
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("Grüße", "utf16le")]);
    expect(await textFlag("--guidance", await file(utf16))).toBe("Grüße");
    expect(await textFlag("--guidance", await file("x".repeat(20_000)))).toHaveLength(20_000);
  });

  it("is refused where it is too long, however long", async () => {
    const tooLong = [
      "x".repeat(20_001),
      await file("x".repeat(20_001)),
      ...(process.platform === "win32" ? [] : ["@/dev/zero"]),
    ];
    for (const given of tooLong) {
      await expect(textFlag("--field issue", given)).rejects.toThrow(UsageError);
      await expect(textFlag("--field issue", given)).rejects.toThrow(/^--field issue: .*20000/);
    }
  });

  it("is refused where the file cannot be read or is no text", async () => {
    await expect(textFlag("--field issue", "@no-such.md")).rejects.toThrow(InputError);
    await expect(textFlag("--field issue", `@${os.tmpdir()}`)).rejects.toThrow(/^--field issue: .* cannot be read/);
    const bytes = await file(new Uint8Array([0x66, 0xff, 0x00, 0x80]));
    await expect(textFlag("--field issue", bytes)).rejects.toThrow(/^--field issue: .* is not text in UTF-8/);
  });
});
