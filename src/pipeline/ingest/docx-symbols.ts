/** Characters of Microsoft's symbol fonts, which documents hold as codes of the font and not as Unicode. */

const symbolLetters = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const symbolSigns = byCode(
  "a2′ a3≤ a4⁄ a5∞ ab↔ ac← ad↑ ae→ af↓ b0° b1± b2″ b3≥ b4× b5∝ b6∂ b7• b8÷ b9≠ ba≡ bb≈ bc… c4⊗ c5⊕ c6∅ c7∩ c8∪ c9⊃ ca⊇ cc⊂ cd⊆ ce∈ cf∉ d0∠ d1∇ d5∏ d6√ d7⋅ d8¬ d9∧ da∨ db⇔ dc⇐ de⇒ e1⟨ e5∑ f1⟩ f2∫ 22∀ 24∃ 27∍ 2a∗ 2d− 40≅",
);
const wingdings = byCode(
  "6c● 6e■ 6f□ 71❑ 72❒ 75◆ 76❖ 9f• a7▪ a8◻ d8➢ e0→ df← e8➔ f0⇨ fb✗ fc✓ fd☒ fe☑ 4a☺ 4c☹ 28☎ 2a✉ 46☞ b7• 77⬥",
);

/** Signs by the hexadecimal code that is written before each. */
function byCode(table: string): ReadonlyMap<string, string> {
  return new Map(table.split(" ").map((entry) => [entry.slice(0, 2), entry.slice(2)]));
}

/**
 * A character of a symbol font as Unicode.
 *
 * @param font name of the font
 * @param code of the character in it; with or without the offset F000 under which Windows keeps such fonts
 * @returns the character, or undefined where none is known
 */
export function symbolOf(font: string, code: number): string | undefined {
  const own = code >= 0xf000 && code <= 0xf0ff ? code - 0xf000 : code;
  const hex = own.toString(16);
  if (/^wingdings/i.test(font)) return wingdings.get(hex);
  if (!/^symbol/i.test(font)) return undefined;
  return (
    symbolSigns.get(hex) ??
    (own >= 0x41 && own <= 0x7e ? (Array.from(symbolLetters)[own - 0x41] ?? undefined) : ascii(own))
  );
}

function ascii(code: number): string | undefined {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : undefined;
}

/** Whether a font's letters stand for signs. */
export function isSymbolFont(font: string | undefined): font is string {
  return font !== undefined && /^(?:symbol|wingdings)/i.test(font);
}
