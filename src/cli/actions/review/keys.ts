/** Keys as Node's readline reads them from a terminal, in the few names that a review knows. */

/** A key that writes something, or one that is pressed for what it does. */
export type Key = { text: string } | { press: string };

/** What readline tells of a key. */
export interface KeyPress {
  sequence?: string | undefined;
  name?: string | undefined;
  ctrl?: boolean;
  meta?: boolean;
  shift?: boolean;
}

const others = new Set(["up", "down", "left", "right", "home", "end", "pageup", "pagedown", "backspace", "delete"]);
const starred = ["left", "right", "backspace", "delete", "return", "enter"];

/** Makes keys of what readline tells; what is pasted becomes one text, whatever is in it. */
export class KeyReader {
  private pasted: string | undefined;

  /** @returns the key, or undefined where it is none, or a part of what is being pasted */
  read(text: string | undefined, press: KeyPress): Key | undefined {
    const { name } = press;
    if (name === "paste-start") {
      this.pasted = "";
      return undefined;
    }
    if (name === "paste-end") {
      const all = (this.pasted ?? "").replace(/\r\n?/g, "\n");
      this.pasted = undefined;
      return all === "" ? undefined : { text: all };
    }
    if (this.pasted !== undefined) {
      this.pasted += press.sequence ?? text ?? "";
      return undefined;
    }
    return keyOf(text, press);
  }
}

function keyOf(text: string | undefined, { sequence = "", name, ctrl = false, meta = false, shift = false }: KeyPress) {
  if (name === "escape") return { press: "escape" };
  if (name === "tab") return { press: shift ? "shift-tab" : "tab" };
  // What a program or a pasted text sends as the end of a line counts as that of the keyboard.
  const known = name === "enter" ? "return" : name;
  if (known !== undefined && (others.has(known) || known === "return")) {
    const star = starred.includes(known) ? (meta ? "alt-" : ctrl ? "ctrl-" : "") : "";
    return { press: `${star}${known}` };
  }
  if (ctrl) return name === undefined ? undefined : { press: `ctrl-${name}` };
  if (meta) return name === undefined ? undefined : { press: `alt-${name}` };
  const written = text ?? sequence;
  // Function keys and what else begins with an escape write nothing.
  return written === "" || /\p{Cc}/u.test(written) ? undefined : { text: written };
}
