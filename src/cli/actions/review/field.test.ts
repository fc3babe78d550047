import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorOf, type Field, fieldOf, fieldRows, pressField } from "./field.js";
import { type Key, KeyReader } from "./keys.js";
import { textWidth } from "./width.js";

const view = { columns: 20, multiline: true };

function after(field: Field, ...keys: (string | Key)[]): Field {
  return keys.reduce<Field>(
    (one, key) => pressField(one, typeof key === "string" ? { press: key } : key, view) ?? one,
    field,
  );
}

const shown = ({ text, at }: Field) => `${text.slice(0, at)}|${text.slice(at)}`;

describe("a field", () => {
  it("is written and corrected character by character", () => {
    expect(shown(after(fieldOf("ab"), "left", { text: "x" }))).toBe("ax|b");
    expect(shown(after(fieldOf("a👩‍👩‍👧"), "backspace"))).toBe("a|");
    expect(shown(after(fieldOf("e\u0301x"), "left", "left", "delete"))).toBe("|x");
    expect(shown(after(fieldOf("one two"), "ctrl-w"))).toBe("one |");
    expect(shown(after(fieldOf("one two"), "ctrl-left", "ctrl-left", "ctrl-right"))).toBe("one| two");
    expect(shown(after(fieldOf("one\ntwo"), "home", "ctrl-k"))).toBe("one\n|");
    expect(shown(after(fieldOf("one\ntwo"), "ctrl-u"))).toBe("one\n|");
    expect(shown(after({ text: "\nx", at: 0 }, "home", "end"))).toBe("|\nx");
    expect(shown(after(fieldOf(""), "backspace", "delete", "left", "right", "up", "down"))).toBe("|");
  });

  it("goes up and down by what is seen", () => {
    const long = fieldOf("0123456789".repeat(3));
    expect(after(long, "up").at).toBe(11);
    expect(shown(after(fieldOf("日本\nabcdef"), "up"))).toBe("日本|\nabcdef");
    expect(shown(after(fieldOf("abc\nd"), "home", "up", "down", "down"))).toBe("abc\nd|");
    expect(after(fieldOf("a\n".repeat(30)), "pageup", "pageup", "pageup", "pageup").at).toBe(0);
  });

  it("is one line where that is wanted", () => {
    const line = { columns: 20, multiline: false };
    expect(pressField(fieldOf("a"), { text: "b\nc" }, line)?.text).toBe("ab c");
    expect(pressField(fieldOf("a"), { press: "return" }, line)).toBeUndefined();
  });

  it("shows control characters, and never more columns than there are", () => {
    expect(fieldRows("a\u001B[2Jb", 20)[0]!.shown).toBe("a␛[2Jb");
    const unit = fc.constantFrom("a", "日", "\n", "\t", "\u001B", "👩‍👩‍👧", " ", "e\u0301");
    const keys = fc.array(
      fc.constantFrom("left", "right", "up", "down", "home", "end", "backspace", "delete", "ctrl-w", "return"),
    );
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 60 }),
        keys,
        fc.integer({ min: 8, max: 30 }),
        (text, pressed, columns) => {
          let field = fieldOf(text);
          for (const press of pressed) {
            field = pressField(field, { press }, { columns, multiline: true }) ?? field;
            const rows = fieldRows(field.text, columns);
            for (const row of rows) expect(textWidth(row.shown)).toBeLessThan(columns);
            const cursor = cursorOf(rows, field);
            expect(cursor.column).toBeLessThan(columns);
            expect(rows.map(({ start, end }) => field.text.slice(start, end)).join("")).toBe(
              field.text.replaceAll("\n", ""),
            );
          }
        },
      ),
    );
  });
});

describe("KeyReader", () => {
  it("names keys, and makes one text of what is pasted", () => {
    const reader = new KeyReader();
    const read = (sequence: string, name?: string, more = {}) => reader.read(undefined, { sequence, name, ...more });
    expect(reader.read("日", { sequence: "日" })).toEqual({ text: "日" });
    expect(read("\u0003", "c", { ctrl: true })).toEqual({ press: "ctrl-c" });
    expect(read("\u001B[1;5D", "left", { ctrl: true })).toEqual({ press: "ctrl-left" });
    expect(read("\u001B", "escape", { meta: true })).toEqual({ press: "escape" });
    expect(read("\n", "enter")).toEqual({ press: "return" });
    expect(read("\u001B[Z", "tab", { shift: true })).toEqual({ press: "shift-tab" });
    expect(read("\u001BOP", "f1")).toBeUndefined();
    expect(read("", "paste-start")).toBeUndefined();
    expect(read("a", "a")).toBeUndefined();
    expect(read("\r", "return")).toBeUndefined();
    expect(read("d", "d")).toBeUndefined();
    expect(read("", "paste-end")).toEqual({ text: "a\nd" });
    expect(reader.read("d", { sequence: "d", name: "d" })).toEqual({ text: "d" });
    expect(reader.read("D", { sequence: "D", name: "d", shift: true })).toEqual({ text: "D" });
  });
});
