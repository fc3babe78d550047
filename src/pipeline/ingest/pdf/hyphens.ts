/** First parts of words that keep their hyphen, where the document says nothing about the word. */
const keepsHyphen =
  /^(?:well|self|non|ex|cross|high|low|long|short|half|semi|quasi|large|small|full|state|real|so|all|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|open|end|on|off|in|up|left|right|high|data|time|user|hand|top|bottom|third|x|e|t|k|n)$/i;
/** German and Dutch leave out what two words share: "Vor- und Nachteile". */
const sharedPart = /^(?:und|oder|bzw|beziehungsweise|sowie|bis|en|of|and|or|to|y|o|et|ou)\b/;

/** Words that begin others without a hyphen. */
const closed =
  /^(?:over|under|with|some|any|every|inter|super|after|fore|back|down|through|them|your|there|where|here|what|when|work|head|life|wise|hand|home|house|light|business)$/i;
/** What often ends compounds with a hyphen. */
const seconds =
  /^(?:based|centric|driven|optimi[sz]ed|level|free|like|specific|related|oriented|aware|dependent|independent|time|scale|agent|term|order|step|shot|tuned|tuning|trained|source|ended|defined|quality|dimensional|linear|wide|called|known|line|to|of|the|art|end|value|rate|size|type|way)\b/i;

/** The words of a document, by which it is decided whether a hyphen at a line end belongs to the word. */
export class Vocabulary {
  readonly #counts = new Map<string, number>();

  /** @param line of the document; the part of a word at its end is not a word */
  add(line: string): void {
    for (const [word] of line.matchAll(/[\p{L}\p{M}\p{Nd}]+(?:[-\u2010][\p{L}\p{M}\p{Nd}]+)*/gu)) {
      const key = word.replaceAll("\u2010", "-").toLowerCase();
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  /**
   * Puts what stands before and after a line end together.
   *
   * @param before ends without white space, and is not empty
   * @param after starts without white space
   * @returns both, with a space, a hyphen or nothing between them
   */
  join(before: string, after: string): string {
    if (before.endsWith("\u00ad")) return before.slice(0, -1) + after;
    const wide = /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;
    if (wide.test(before.at(-1)!) && wide.test(after[0] ?? "")) return before + after;
    const hyphen = /([\p{L}\p{M}\p{Nd}]+(?:[-\u2010][\p{L}\p{M}\p{Nd}]+)*)[-\u2010]$/u.exec(before);
    const next = /^[\p{L}\p{M}\p{Nd}]+/u.exec(after)?.[0];
    if (!hyphen || next === undefined) {
      // An address that was divided after a stroke, and a dash that belongs to both sides.
      return /https?:\/\/\S*[/._?=&-]$/.test(before) && /^[\w/]/.test(after) ? before + after : `${before} ${after}`;
    }
    if (sharedPart.test(after)) return `${before} ${after}`;
    return this.#keeps(hyphen[1]!, next) ? before + after : before.slice(0, -1) + after;
  }

  #keeps(first: string, next: string): boolean {
    if (/^\p{Nd}/u.test(next) || /\p{Nd}$/u.test(first)) return true;
    if (/^\p{Lu}/u.test(next)) return !/^\p{Lu}+$/u.test(first + next) || this.#count(`${first}${next}`) === 0;
    const [joined, kept] = [this.#count(first + next), this.#count(`${first}-${next}`)];
    if (joined !== kept) return kept > joined;
    if (this.#isEnglish() && this.#isCompound(first, next)) return true;
    return keepsHyphen.test(first) || (first.includes("-") && this.#count(next) > 0 && next.length > 3);
  }

  /** Two words of the document, or a word and one that often ends such compounds: "model-based". */
  #isCompound(first: string, next: string): boolean {
    const last = first.split(/[-\u2010]/).at(-1)!;
    if (last.length < 4 || closed.test(last) || this.#count(last) === 0) return false;
    return seconds.test(next) || (next.length >= 4 && this.#count(next) > 0);
  }

  #isEnglish(): boolean {
    const others = ["der", "die", "le", "les", "el", "los", "het", "och", "il"].map((word) => this.#count(word));
    return this.#count("the") > Math.max(...others);
  }

  #count(word: string): number {
    return this.#counts.get(word.replaceAll("\u2010", "-").toLowerCase()) ?? 0;
  }
}
